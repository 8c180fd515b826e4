"""`restyle engine`: it serves until it is told to end, and says why it cannot."""

import signal
import subprocess
from pathlib import Path

import pytest

from tests.bot.cli.running import TIMEOUT_S, clean_environment, command, restyle

pytestmark = pytest.mark.engine


def test_it_listens_until_a_signal_and_ends_well(tmp_path: Path) -> None:
    listen = tmp_path / "engine.sock"
    serving = subprocess.Popen(
        [command(), "engine", "--listen", str(listen)],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert serving.stderr is not None
    while "listening on" not in (line := serving.stderr.readline()):
        assert line, "it ended before it listened"
    assert listen.is_socket()
    serving.send_signal(signal.SIGTERM)
    _, said = serving.communicate(timeout=TIMEOUT_S)
    assert serving.returncode == 0, said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("words", "setting", "sentence"),
    [
        ((), "RESTYLE_CHECKPOINT=magic", "There is no checkpoint 'magic'"),
        (("--listen", "nowhere/engine.sock"), "", "nowhere"),
    ],
)
def test_it_says_why_it_does_not_serve(
    words: tuple[str, ...], setting: str, sentence: str, tmp_path: Path
) -> None:
    given = dict([setting.split("=")]) if setting else {}
    done = restyle(tmp_path, "engine", *words, **given)
    assert done.returncode == 1
    assert sentence in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
