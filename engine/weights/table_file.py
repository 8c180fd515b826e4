"""The operator's own rows of the checkpoint table, written so that their comments stay."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import tomlkit
from tomlkit.exceptions import TOMLKitError

from engine.checkpoints import Checkpoint, load_checkpoints
from engine.errors import CheckpointError


def add_row(file: Path, name: str, values: Mapping[str, object]) -> Checkpoint:
    """Write a row into ``file``, made if it is not there, and return it as the table has it.

    Raises:
        CheckpointError: The table has that name already, a value does not fit, or the file cannot
            be read or written.
    """
    if name in load_checkpoints(file if file.exists() else None):
        raise CheckpointError(f"There is a checkpoint {name!r} already; choose another name.")
    try:
        row = msgspec.convert({**values, "name": name}, Checkpoint)
    except msgspec.ValidationError as error:
        raise CheckpointError(f"Checkpoint {name!r}: {error}.") from error
    document = _read(file)
    document[name] = dict(values)
    _write(file, document)
    return row


def remove_row(file: Path, name: str) -> bool:
    """Take a row out of ``file``; False when it has none of that name.

    Raises:
        CheckpointError: The file cannot be read or written.
    """
    document = _read(file)
    if name not in document:
        return False
    del document[name]
    _write(file, document)
    return True


def _read(file: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(file.read_text("utf-8")) if file.exists() else tomlkit.document()
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise CheckpointError(f"{file} cannot be read: {error}.") from error


def _write(file: Path, document: tomlkit.TOMLDocument) -> None:
    fresh = file.with_suffix(".new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(tomlkit.dumps(document), "utf-8")
        fresh.replace(file)
    except OSError as error:
        raise CheckpointError(f"{file} cannot be written: {error.strerror}.") from error
