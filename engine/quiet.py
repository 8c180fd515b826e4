"""Keeps the libraries' bars and advice from whoever reads, and their reports to themselves."""

import os


def hush_libraries() -> None:
    """To be called before they are first imported: that is when they look."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    # onnxruntime, which diffusers may find installed beside the bot, writes a device id otherwise.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
