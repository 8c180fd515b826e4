"""Writes constraints.txt anew from what this virtual environment holds.

`make lock` runs it after upgrading everything but torch, whose version is chosen by hand: an
upgrade of it is an upgrade of CUDA, too.
"""

from importlib.metadata import distributions
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

CONSTRAINTS = Path("constraints.txt")
CHOSEN_BY_HAND = "torch"
# Never pinned: the project itself, and what every virtual environment brings.
LEFT_OUT = {"restyle-bot", "pip", "setuptools", "wheel"}


def main() -> None:
    """Keep the comment and the line of torch; write all lines in the order of their names."""
    lines = CONSTRAINTS.read_text("utf-8").splitlines()
    comments = [line for line in lines if line.startswith("#")]
    [torch] = [line for line in lines if line.startswith(f"{CHOSEN_BY_HAND}==")]
    pins = {CHOSEN_BY_HAND: torch}
    for found in distributions():
        name = canonicalize_name(found.metadata["Name"])
        if name not in LEFT_OUT | {CHOSEN_BY_HAND}:
            # One spelling of each, whatever the packages call themselves: a refresh changes
            # the lines of what has a new version and no others.
            pins[name] = f"{name}=={Version(found.version)}"
    ordered = [pins[name] for name in sorted(pins)]
    CONSTRAINTS.write_text("\n".join([*comments, *ordered]) + "\n", "utf-8")


if __name__ == "__main__":
    main()
