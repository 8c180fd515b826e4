"""The sheet: every picture whole, in order, with its label."""

from PIL import Image, ImageChops

from tests.bot.intake.conftest import Taker
from tests.bot.intake.pictures import GREEN, RED, opened
from tests.engine.pictures import encoded

LABELS = ["0.20", "0.35", "0.50", "0.65", "0.80"]


def test_five_pictures_stand_in_two_rows_with_labels(taker: Taker) -> None:
    pictures = [encoded(Image.new("RGB", (200, 100), (40 * n, 90, 60))) for n in range(5)]
    sheet = opened(taker.run(taker.intake.sheet(pictures, LABELS)))
    assert sheet.width > 3 * 200
    assert sheet.height > 2 * 100
    for n in range(5):
        x, y = 100 + n % 3 * 212, 60 + n // 3 * (sheet.height // 2)
        assert sheet.convert("RGB").getpixel((x, y)) == (40 * n, 90, 60)


def test_another_label_is_another_sheet(taker: Taker) -> None:
    pictures = [encoded(Image.new("RGB", (120, 120), colour)) for colour in (RED, GREEN)]
    one = opened(taker.run(taker.intake.sheet(pictures, ["0.20", "0.50"])))
    other = opened(taker.run(taker.intake.sheet(pictures, ["0.20", "0.80"])))
    box = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getbbox()
    assert box is not None
    # Only the second label differs.
    assert box[0] > 132
    assert box[1] > 120


def test_transparent_pictures_stand_on_paper(taker: Taker) -> None:
    clear = encoded(Image.new("RGBA", (120, 120), (255, 0, 0, 0)))
    sheet = opened(taker.run(taker.intake.sheet([clear], ["x"]))).convert("RGB")
    assert sheet.getpixel((60, 60)) == (0xFB, 0xFA, 0xF7)
