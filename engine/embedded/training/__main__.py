"""``python -m engine.embedded.training``: train the embedded model, or go on where it stopped."""

import argparse
import os
from pathlib import Path

import torch
from rich.console import Console

from engine.embedded.training.plan import FULL, SMOKE, default_folder
from engine.embedded.training.stages import Training


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(prog="python -m engine.embedded.training")
    parser.add_argument("--folder", type=Path, default=default_folder(), help="training state")
    parser.add_argument("--resume-from", type=Path, help="go on from this exported folder")
    parser.add_argument("--minutes", type=float, help="end the denoiser's training after so long")
    parser.add_argument("--nice", type=int, default=19, help="how far to give way to other work")
    parser.add_argument("--smoke", action="store_true", help="two minutes that prove the way")
    given = parser.parse_args()
    # The training must not slow the machine for others; its own threads share by themselves.
    os.nice(given.nice)
    torch.set_num_threads(1)
    plan = SMOKE if given.smoke else FULL
    target = Training(given.folder, plan, given.resume_from, given.minutes).run()
    Console().print(
        f"The model lies in {target}; judge it with python -m engine.embedded.evaluation."
    )


if __name__ == "__main__":
    main()
