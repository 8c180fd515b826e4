"""``python -m engine.embedded.evaluation``: print the figures as JSON, draw the contact sheet."""

import argparse
import json
import sys
from pathlib import Path

import torch

from engine.embedded import WEIGHTS
from engine.embedded.evaluation.contact_sheet import contact_sheet, overview
from engine.embedded.evaluation.figures import measure
from engine.embedded.evaluation.runs import Model, evaluation_photos
from engine.embedded.training.plan import default_folder


def main() -> None:
    """Read the command line and do what it asks."""
    parser = argparse.ArgumentParser(prog="python -m engine.embedded.evaluation")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="a diffusers folder")
    parser.add_argument("--folder", type=Path, default=default_folder(), help="training state")
    parser.add_argument("--photos", type=int, help="only so many evaluation photographs")
    parser.add_argument("--size", default="256x256", help="width x height")
    parser.add_argument("--sheet", type=Path, help="write the contact sheet to this file")
    parser.add_argument("--overview", type=Path, help="write all looks at 0.6 to this file")
    parser.add_argument("--no-figures", action="store_true")
    given = parser.parse_args()
    # One photograph a core, rather than one on all of them.
    torch.set_num_threads(1)
    width, height = (int(side) for side in given.size.split("x"))
    if given.sheet or given.overview:
        model = Model(given.weights)
        shown = evaluation_photos(given.folder, 256, 256, given.photos or 3)
        if given.overview:
            overview(model, shown, 0.6).save(given.overview)
        if given.sheet:
            contact_sheet(model, shown).save(given.sheet)
    if not given.no_figures:
        figures = measure(given.weights, given.folder, given.photos, (width, height))
        json.dump(figures, sys.stdout, indent=1)
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
