"""Writes constraints.txt anew from what this virtual environment holds.

`make lock` runs it after upgrading everything but torch, whose version is chosen by hand: an
upgrade of it is an upgrade of CUDA, too.
"""

import re
from importlib.metadata import distributions
from pathlib import Path

CONSTRAINTS = Path("constraints.txt")
CHOSEN_BY_HAND = "torch"
# Never pinned: the project itself, and what every virtual environment brings.
LEFT_OUT = {"restyle-bot", "pip", "setuptools", "wheel"}


def main() -> None:
    """Keep the comment and the line of torch; replace all others."""
    lines = CONSTRAINTS.read_text("utf-8").splitlines()
    kept = [line for line in lines if line.startswith(("#", f"{CHOSEN_BY_HAND}=="))]
    pins = {
        _normal(found.metadata["Name"]): f"{found.metadata['Name']}=={found.version}"
        for found in distributions()
    }
    fresh = [pin for name, pin in pins.items() if name not in LEFT_OUT | {CHOSEN_BY_HAND}]
    CONSTRAINTS.write_text("\n".join([*kept, *sorted(fresh, key=str.lower)]) + "\n", "utf-8")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()
