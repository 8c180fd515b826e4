"""`restyle bench embedded`: torch stays out of the bot, a missing extra is one sentence."""

import subprocess
import sys

import pytest

from bot.bench.embedded import BenchError, measure_embedded


async def test_a_missing_extra_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    # What the import system says of a package that is not installed.
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(BenchError, match=r"install the extras `engine` and `train`"):
        await measure_embedded(photos=1, sizes=False)


def test_the_command_does_not_bring_torch_into_the_bot() -> None:
    look = "import sys, bot.cli.bench; print('torch' in sys.modules, 'cv2' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["False", "False"]
