"""``python -m engine.weights.pull NAME``: downloads a checkpoint, or the rest of it, with a bar.

diffusers itself chooses the files, so that what is pulled is just what the engine will load. It
imports torch, so this is a process of its own.
"""

import argparse
import errno
import os
import sys
from pathlib import Path

from engine.checkpoints import Checkpoint, find_checkpoint
from engine.errors import CheckpointError
from engine.weights.on_disk import free_bytes

UNREACHABLE = 3


def main() -> int:
    """Download the named checkpoint; the exit code says whether it is whole now."""
    parser = argparse.ArgumentParser(prog="engine.weights.pull")
    parser.add_argument("name")
    parser.add_argument("--checkpoints-file", type=Path)
    given = parser.parse_args()
    # Advice of libraries would drown the bar.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
    try:
        print(pull(find_checkpoint(given.name, given.checkpoints_file)))
    except CheckpointError as error:
        print(error, file=sys.stderr)
        return UNREACHABLE
    return 0


def pull(checkpoint: Checkpoint) -> str:
    """Download what the engine needs of ``checkpoint`` and return the folder it lies in.

    Raises:
        CheckpointError: The repository cannot be reached, it lacks safetensors weights, or there
            is no room for them.
    """
    # What huggingface_hub fetches with; a connection that breaks off raises its error.
    import httpx2
    from diffusers import AutoencoderTiny, DiffusionPipeline

    try:
        folder = DiffusionPipeline.download(
            checkpoint.source,
            revision=checkpoint.revision,
            variant=checkpoint.variant,
            use_safetensors=True,
            safety_checker=None,
        )
        if checkpoint.tiny_vae is not None:
            AutoencoderTiny.from_pretrained(checkpoint.tiny_vae, use_safetensors=True)
    except (OSError, ValueError, KeyError, httpx2.HTTPError) as error:
        raise CheckpointError(_why(checkpoint, error)) from error
    return str(folder)


def _why(checkpoint: Checkpoint, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        from huggingface_hub.constants import HF_HUB_CACHE

        free = free_bytes(Path(HF_HUB_CACHE)) / 1e9
        return (
            f"There is no room for {checkpoint.source}: {free:.1f} GB are free in {HF_HUB_CACHE}. "
            "The files that are whole stay, and the rest comes next time."
        )
    # diffusers has no error of its own for it.
    if "safetensors" in str(error):
        return (
            f"{checkpoint.source} has no safetensors weights for all of its parts; Restyle loads "
            "nothing else, since pickled weights can run code."
        )
    return (
        f"{checkpoint.source} could not be downloaded; the files that are whole stay, and "
        f"the rest comes next time ({type(error).__name__})."
    )


if __name__ == "__main__":
    sys.exit(main())
