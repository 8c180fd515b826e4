"""Names in any letters are drawn, and end where there is no more room."""

import pytest
from PIL import Image, ImageDraw

from bot.quota.lettering import FONTS, can_write, cut, width, write

NAMES = ["Ann", "Żółw", "Алёна", "Νίκος", "山田 太郎", "김민수", "مريم", "नेहा", "สมชาย"]


def drawn(text: str) -> Image.Image:
    image = Image.new("L", (300, 60))
    write(ImageDraw.Draw(image), (10, 30), text, pixels=24, fill="#ffffff")
    return image


@pytest.mark.parametrize("name", NAMES)
def test_every_script_is_drawn_as_wide_as_told(name: str) -> None:
    box = drawn(name).getbbox()
    assert box is not None
    assert box[2] - 10 == pytest.approx(width(name, 24), abs=4)


def test_names_differ_in_what_is_drawn() -> None:
    """A font without the letters would draw the same box for each of them."""
    for one, other in (("山田", "田山"), ("김민", "민김"), ("Ал", "лА")):
        assert drawn(one).tobytes() != drawn(other).tobytes()


def test_what_no_font_has_is_left_out() -> None:
    assert not can_write("🎉🎉")
    assert can_write("🎉 Ann")
    assert width("🎉Ann🎉", 24) == width("Ann", 24)
    assert drawn("\uffff").getbbox() is None


def test_a_long_name_is_cut_to_the_room() -> None:
    long = "山田 Ann " * 20
    short = cut(long, 17, 200)
    assert short.endswith("…")
    assert 150 < width(short, 17) <= 200
    assert cut("Ann", 17, 200) == "Ann"


def test_all_fonts_are_there() -> None:
    for font in range(len(FONTS)):
        letter = "A山مनส"[font]
        assert can_write(letter)
