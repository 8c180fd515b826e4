"""Keeps the libraries' bars and advice out of what a person reads."""

import os


def hush_libraries() -> None:
    """To be called before they are first imported: that is when they look."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
