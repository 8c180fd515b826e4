"""Tells whether a folder holds what the engine may load: a diffusers pipeline in safetensors."""

import json
from pathlib import Path

from engine.errors import CheckpointError

INDEX = "model_index.json"
# Files that run code when they are loaded; the engine never opens them.
PICKLED = (".bin", ".ckpt", ".pt", ".pth", ".pkl")


def pipeline_of(folder: Path) -> str:
    """The name of the diffusers pipeline in ``folder``.

    Raises:
        CheckpointError: It is no diffusers folder, or has no safetensors weights.
    """
    if not folder.is_dir():
        raise CheckpointError(f"There is no folder {folder}.")
    try:
        index = json.loads((folder / INDEX).read_text("utf-8"))
        name = str(index["_class_name"])
    except OSError as error:
        raise CheckpointError(
            f"{folder} has no {INDEX}; it must be a folder as diffusers saves a pipeline."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{folder / INDEX} is not what diffusers writes.") from error
    if not any(folder.rglob("*.safetensors")):
        pickled = any(path.suffix in PICKLED for path in folder.rglob("*"))
        why = "only pickled weights, which can run code" if pickled else "no weights"
        raise CheckpointError(f"{folder} holds {why}; Restyle loads safetensors only.")
    return name
