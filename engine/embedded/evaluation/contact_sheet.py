"""The contact sheet: photographs × looks × strengths, for the eye."""

import numpy as np
from PIL import Image, ImageDraw

from engine.embedded.evaluation.classifier import teacher_pictures
from engine.embedded.evaluation.progress import shown
from engine.embedded.evaluation.runs import Model, Pictures, usual_prompt
from engine.embedded.filters import LOOKS

STRENGTHS = (0.2, 0.4, 0.6, 0.8, 1.0)
_CELL_PX = 160


def contact_sheet(
    model: Model, photos: Pictures, looks: tuple[str, ...] = tuple(LOOKS)
) -> Image.Image:
    """A row for each look and photograph: the source, each strength, and the teacher's picture."""
    rows: list[list[Image.Image]] = []
    for look in shown(looks, "contact sheet"):
        made = [model.restyle(photos, usual_prompt(look), strength) for strength in STRENGTHS]
        columns = [photos, *made, teacher_pictures(photos, look)]
        names = [look, *map(str, STRENGTHS), "teacher"]
        rows += [
            [_cell(column[place], name) for column, name in zip(columns, names, strict=True)]
            for place in range(len(photos))
        ]
    return _table(rows)


def overview(model: Model, photos: Pictures, strength: float) -> Image.Image:
    """Every look at one strength: a row for each look, a column for each photograph."""
    rows = [[_cell(photo, "source") for photo in photos]]
    for look in shown(tuple(LOOKS), "overview"):
        made = model.restyle(photos, usual_prompt(look), strength)
        rows.append([_cell(picture, look) for picture in made])
    return _table(rows)


def _cell(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], name: str) -> Image.Image:
    cell = Image.fromarray(picture).resize((_CELL_PX, _CELL_PX), Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(cell)
    draw.text((4, 3), name, fill="yellow", stroke_width=2, stroke_fill="black")
    return cell


def _table(rows: list[list[Image.Image]]) -> Image.Image:
    sheet = Image.new("RGB", (_CELL_PX * len(rows[0]), _CELL_PX * len(rows)))
    for down, row in enumerate(rows):
        for across, cell in enumerate(row):
            sheet.paste(cell, (across * _CELL_PX, down * _CELL_PX))
    return sheet
