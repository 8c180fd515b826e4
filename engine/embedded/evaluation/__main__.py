"""``python -m engine.embedded.evaluation``: print the report as JSON, draw the contact sheet."""

import argparse
import json
import sys
from pathlib import Path

import torch

from engine.embedded import WEIGHTS
from engine.embedded.data.fetching import FetchError
from engine.embedded.evaluation.contact_sheet import contact_sheet, overview
from engine.embedded.evaluation.report import SIDE_PX, report
from engine.embedded.evaluation.runs import Model, evaluation_photos
from engine.embedded.training.plan import default_folder


def main() -> None:
    """Read the command line and do what it asks."""
    parser = argparse.ArgumentParser(prog="python -m engine.embedded.evaluation")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="a diffusers folder")
    parser.add_argument("--folder", type=Path, default=default_folder(), help="training state")
    parser.add_argument("--photos", type=int, help="only so many evaluation photographs")
    parser.add_argument("--sheet", type=Path, help="write the contact sheet to this file")
    parser.add_argument("--overview", type=Path, help="write all looks at 0.6 to this file")
    parser.add_argument("--no-figures", action="store_true")
    parser.add_argument("--no-sizes", action="store_true", help="measure 256 × 256 only")
    given = parser.parse_args()
    # One photograph a core, rather than one on all of them.
    torch.set_num_threads(1)
    if given.sheet or given.overview:
        model = Model(given.weights)
        shown = evaluation_photos(given.folder, SIDE_PX, SIDE_PX, given.photos or 3)
        if given.overview:
            overview(model, shown, 0.6).save(given.overview)
        if given.sheet:
            contact_sheet(model, shown).save(given.sheet)
    if not given.no_figures:
        found = report(given.weights, given.folder, given.photos, sizes=not given.no_sizes)
        json.dump(found, sys.stdout, indent=1)
        sys.stdout.write("\n")


if __name__ == "__main__":
    try:
        main()
    except FetchError as error:
        sys.exit(str(error))
