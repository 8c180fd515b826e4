"""Runs the installed `restyle` as a person would, away from the developer's own settings."""

import os
import subprocess
import sys
from pathlib import Path

RESTYLE = Path(sys.executable).with_name("restyle")


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """The environment without any RESTYLE_ variable but those given; data goes below ``folder``."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("RESTYLE_")}
    return clean | {"RESTYLE_DATA_DIR": str(folder / "data")} | settings


def restyle(
    folder: Path, *arguments: str | Path, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run the command in ``folder`` and wait for its end."""
    return subprocess.run(
        [RESTYLE, *map(str, arguments)],
        cwd=folder,
        env=environment(folder, **settings),
        capture_output=True,
        text=True,
        check=False,
    )
