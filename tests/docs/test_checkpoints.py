"""docs/checkpoints.md tells every row and every key of the checkpoint table."""

import json
from pathlib import Path

import msgspec

from engine.checkpoints import SCHEDULERS, Checkpoint, load_checkpoints
from tests.docs.markdown import fenced_lines, table_rows

DOCUMENT = "docs/checkpoints.md"


def test_the_rows_that_ship_are_told_as_they_are() -> None:
    expected = [
        (
            f"`{name}`",
            f"`{row.source}`",
            f"`{row.family}`",
            str(row.size),
            str(row.num_inference_steps),
            row.licence,
            "yes" if row.non_commercial else "no",
        )
        for name, row in load_checkpoints().items()
    ]
    assert [row for row in table_rows(DOCUMENT) if len(row) == 7] == expected


def test_every_key_is_told_with_its_default() -> None:
    keys = [field for field in msgspec.structs.fields(Checkpoint) if field.name != "name"]
    expected = [(f"`{field.name}`", _default(field)) for field in keys]
    assert [row[:2] for row in table_rows(DOCUMENT) if len(row) == 3] == expected


def test_every_scheduler_is_told() -> None:
    [meaning] = [row[2] for row in table_rows(DOCUMENT) if row[0] == "`scheduler`"]
    assert [name for name in SCHEDULERS if f'`"{name}"`' not in meaning] == []


def test_the_example_is_a_row(tmp_path: Path) -> None:
    mine = tmp_path / "checkpoints.toml"
    mine.write_text("\n".join(fenced_lines(DOCUMENT, "toml")), "utf-8")
    assert load_checkpoints(mine)["my-painter"].family == "sd"


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    return "none" if field.default is None else f"`{json.dumps(field.default)}`"
