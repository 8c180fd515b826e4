"""Bad input is one sentence on stderr and exit code 2, never a traceback."""

from pathlib import Path

import pytest
from PIL import Image

from tests.bot.cli.running import TOKEN, refusal, restyle

PROMPT = ("--prompt", "an oil painting")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.new("RGB", (64, 64), "teal").save(path)
    return path


def test_without_a_command_the_help_is_all_that_is_said(tmp_path: Path) -> None:
    done = restyle(tmp_path)
    assert done.returncode == 2
    assert "Usage: restyle" in done.stdout + done.stderr
    assert "restyle: " not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["paint"], "No such command 'paint'."),
        (["image", "photo.png", "-o", "new.png"], "Missing option '--prompt'."),
        (["image", "photo.png", *PROMPT], "Missing option '-o' / '--out'."),
        (["image", "-o", "new.png", *PROMPT], "Missing argument 'sources'."),
        (["image", "nowhere.jpg", "-o", "new.png", *PROMPT], "There is no file nowhere.jpg."),
        (["demo", "--out", "photo.png"], "The folder photo.png cannot be made: File exists."),
        (["run"], "RESTYLE_DISCORD_TOKEN is not set; README.md tells how to get a token."),
    ],
)
@pytest.mark.usefixtures("photo")
def test_what_is_missing(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    assert refusal(restyle(tmp_path, *arguments)) == sentence


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (["-o", "new.gif"], "new.gif does not end in one of .png, .webp, .jpg, .jpeg."),
        (["-o", "photo.png/new.png"], "photo.png is no folder and cannot be made one."),
        (["-o", "photo.png"], "photo.png is a source, and a result would overwrite it."),
        (["photo.png", "-o", "new.png"], "new.png is one file, but there are several results;"),
        (["-o", "new.png", "--strength", "2"], "Strength is a number from 0.05 to 1.0, or one of"),
        (["-o", "new.png", "--strength", "lots"], "Strength is a number from 0.05 to 1.0, or one"),
        (["-o", "new.png", "--checkpoint", "magic"], "There is no checkpoint 'magic'; known are "),
        (["-o", "new.png", "--count", "0"], "Invalid value for '--count': "),
        (["-o", "new.png", "--steps", "201"], "Invalid value for '--steps': "),
        (["-o", "new.png", "--seed", f"{2**63}"], "Invalid value for '--seed': "),
    ],
)
@pytest.mark.usefixtures("photo")
def test_what_does_not_fit(tmp_path: Path, option: list[str], sentence: str) -> None:
    said = refusal(restyle(tmp_path, "image", "photo.png", *option, *PROMPT))
    assert said.startswith(sentence)
    assert [path.name for path in tmp_path.iterdir()] == ["photo.png"]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("RESTYLE_DALY_QUOTA", "3", "There is no setting RESTYLE_DALY_QUOTA; "),
        ("RESTYLE_DAILY_QUOTA", "many", "RESTYLE_DAILY_QUOTA is not valid: "),
        ("RESTYLE_CONFIG", "nowhere.toml", "nowhere.toml cannot be read: "),
        ("RESTYLE_DATABASE_URL", "mysql://host/name", "mysql is not supported; "),
        ("RESTYLE_DATA_DIR", "photo.png/data", "The data folder photo.png/data cannot be made: "),
    ],
)
@pytest.mark.usefixtures("photo")
def test_settings(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    done = restyle(tmp_path, "db", "upgrade", **{name: value, "RESTYLE_DISCORD_TOKEN": TOKEN})
    assert refusal(done).startswith(sentence)
    assert TOKEN not in done.stderr
