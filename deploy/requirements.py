"""Prints what pyproject.toml asks for, so that an image can install it before it has the source.

`requirements.py [EXTRA…]` prints one requirement a line: those of the project and of the extras.
With `--only` it prints those of the extras alone.
"""

import argparse
import tomllib
from pathlib import Path


def main() -> None:
    """Read the command line and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("extras", nargs="*")
    parser.add_argument("--only", action="store_true", help="leave the project's own out")
    given = parser.parse_args()
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    wanted = [] if given.only else list(project["dependencies"])
    for extra in given.extras:
        wanted += project["optional-dependencies"][extra]
    print("\n".join(wanted))


if __name__ == "__main__":
    main()
