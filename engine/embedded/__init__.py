"""The checkpoint that ships with the project: a small img2img model that runs anywhere."""

from pathlib import Path

WEIGHTS = Path(__file__).parent / "weights"
