"""Bad input at the command line: one sentence on stderr, exit code 2, nothing else."""

from pathlib import Path

import pytest

from tests.bot.cli.command import restyle
from tests.engine.pictures import encoded, picture


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["paint"], "No such command"),
        (["image", "photo.jpg", "--prompt", "x"], "out"),
        (["image", "nowhere.jpg", "-o", "o.png", "--prompt", "x"], "There is no file nowhere.jpg"),
        (["image", "photo.jpg", "-o", "o.gif", "--prompt", "x"], "does not end in"),
        (["image", "photo.jpg", "photo.jpg", "-o", "photo.jpg", "--prompt", "x"], "no folder"),
        (["image", "photo.jpg", "-o", "o.png", "--prompt", "x", "--strength", "9"], "Strength is"),
        (["image", "photo.jpg", "-o", "o.png", "--prompt", "x", "--count", "0"], "count"),
        (
            ["image", "photo.jpg", "-o", "o.png", "--prompt", "x", "--checkpoint", "no"],
            "no checkpoint 'no'",
        ),
        (["run"], "RESTYLE_DISCORD_TOKEN is not set"),
        (["demo", "--out", "photo.jpg", "--script"], "cannot be made"),
    ],
)
def test_it_is_one_sentence(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "photo.jpg").write_bytes(encoded(picture(), "JPEG"))
    done = restyle(tmp_path, *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert said in line


def test_wrong_settings_are_told_the_same_way(tmp_path: Path) -> None:
    for name, value in (("RESTYLE_DAILY_QUOTA", "x"), ("RESTYLE_COLOUR", "blue")):
        done = restyle(tmp_path, "doctor", **{name: value})
        assert done.returncode == 2
        [line] = done.stderr.splitlines()
        assert name in line


def test_a_database_url_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    done = restyle(tmp_path, "db", "upgrade", RESTYLE_DATABASE_URL="mysql://h/d")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "mysql is not supported" in line
