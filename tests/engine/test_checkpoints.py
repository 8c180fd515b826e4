"""The checkpoint table: what ships, what an operator adds, what is refused."""

from pathlib import Path

import pytest

from engine.checkpoints import find_checkpoint, load_checkpoints
from engine.errors import CheckpointError


def test_the_table_that_ships_is_whole() -> None:
    table = load_checkpoints()
    assert "embedded" in table
    for name, row in table.items():
        assert row.name == name
        assert row.licence != "unknown", f"{name} tells no licence"
        assert row.size % row.multiple == row.max_size % row.multiple == 0


def test_an_operators_row_wins(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('[embedded]\nsource = "/weights"\nsize = 128\n[other]\nsource = "a/b"\n')
    table = load_checkpoints(mine)
    assert table["embedded"].size == 128
    assert table["other"].family == "stock"
    assert "sd-turbo" in table


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not toml", "not valid TOML"),
        ('[a]\nsource = "x"\nsteps = 3\n', "unknown field `steps`"),
        ('[a]\nfamily = "sd"\n', "source"),
        ('[a]\nsource = "x"\nfamily = "imagined"\n', "family"),
        ("a = 3\n", "'a'"),
    ],
)
def test_a_wrong_file_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(text)
    with pytest.raises(CheckpointError, match=said):
        load_checkpoints(mine)


def test_a_missing_file_and_an_unknown_name_are_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_checkpoints(tmp_path / "nowhere.toml")
    with pytest.raises(CheckpointError, match=r"'nope'; known are .*embedded"):
        find_checkpoint("nope")
