"""The picture of `/mod usage`: each of its four plots shows its own figures, and no other does."""

import io
from collections import Counter
from datetime import date
from typing import Any

import pytest
from PIL import Image, ImageChops

from bot.quota.usage_picture import HEIGHT, MARGIN, REFUSED, WIDTH, UsageFigures, draw_usage
from storage.usage import DayUsage, MemberUsage

MIDDLE, EDGE = WIDTH // 2, 72 + (HEIGHT - 72 - MARGIN) * 11 // 20
PANELS = {
    "jobs": (0, 72, MIDDLE, EDGE),
    "seconds": (MIDDLE, 72, WIDTH, EDGE),
    "members": (0, EDGE, MIDDLE, HEIGHT),
    "refusals": (MIDDLE, EDGE, WIDTH, HEIGHT),
}


def drawn(**changes: Any) -> Image.Image:
    """The picture of two days, two members and two kinds of refusals, with some changed."""
    values: dict[str, Any] = {
        "jobs": (8, 4),
        "seconds": (20.0, 10.0),
        "members": (9, 3),
        "refusals": (4, 2),
    }
    values |= changes
    figures = UsageFigures(
        days=[
            DayUsage(date=date(2025, 6, at), jobs=jobs, failed=0, seconds=seconds)
            for at, (jobs, seconds) in enumerate(
                zip(values["jobs"], values["seconds"], strict=True), start=1
            )
        ],
        members=[
            MemberUsage(user_id=at, jobs=jobs, seconds=1.0)
            for at, jobs in enumerate(values["members"], start=1)
        ],
        names={1: "Alice", 2: "Bob"},
        refusals=dict(zip(("quota", "filter"), values["refusals"], strict=True)),
    )
    return Image.open(io.BytesIO(draw_usage(figures))).convert("RGB")


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        # The sum of all days, which stands above the plots, stays the same.
        ("jobs", (4, 8)),
        ("seconds", (10.0, 20.0)),
        ("members", (9, 6)),
        ("refusals", (4, 3)),
    ],
)
def test_each_plot_shows_its_own_figures(name: str, changed: tuple[float, ...]) -> None:
    where = ImageChops.difference(drawn(), drawn(**{name: changed})).getbbox()
    assert where is not None
    left, top, right, bottom = PANELS[name]
    assert left <= where[0] < where[2] <= right
    assert top <= where[1] < where[3] <= bottom


def test_bars_are_as_long_as_their_figures() -> None:
    """The second kind of refusals is half of the first."""
    panel = drawn().crop(PANELS["refusals"])
    away = ImageChops.difference(panel, Image.new("RGB", panel.size, REFUSED)).convert("L")
    lines = (away.crop((0, y, panel.width, y + 1)) for y in range(panel.height))
    lengths = Counter(line.histogram()[0] for line in lines)
    del lengths[0]
    # All lines of a bar but those of its round corners are equally long.
    [(one, _), (other, _)] = lengths.most_common(2)
    assert max(one, other) == pytest.approx(2 * min(one, other), abs=2)
