"""What is to be painted anew: masks, red paint in every state that editors leave it in, holes."""

import io
from importlib.resources import files

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from bot.intake import MaskMismatch, NothingMarked
from bot.intake.mask import share_of
from bot.intake.sizing import SizeRule
from bot.intake.wire import Masked
from tests.bot.intake.conftest import Taker
from tests.bot.intake.pictures import opened

RULE = SizeRule(area_side=256, max_side=512, multiple=8)
BRUSHES = [(255, 0, 0), (237, 28, 36), (242, 63, 66), (220, 0, 20), (255, 59, 48)]
Box = tuple[int, int, int, int]
BOX: Box = (120, 60, 240, 160)


def photo(name: str = "temple.jpg") -> Image.Image:
    data = (files("bot.demo") / "photos" / name).read_bytes()
    image = Image.open(io.BytesIO(data)).convert("RGB")
    return image.resize((384, image.height * 384 // image.width), Image.Resampling.LANCZOS)


def file(image: Image.Image, kind: str = "PNG", **options: int) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def painted(
    image: Image.Image, box: Box = BOX, colour: tuple[int, int, int] = (255, 0, 0), alpha: int = 255
) -> Image.Image:
    """A copy with a stroke as a phone's editor draws it: round and soft at the edge."""
    layer = Image.new("L", image.size)
    ImageDraw.Draw(layer).rounded_rectangle(box, 20, fill=alpha)
    layer = layer.filter(ImageFilter.GaussianBlur(1))
    return Image.composite(Image.new("RGB", image.size, colour), image, layer)


def truth(image: Image.Image, box: Box, size: tuple[int, int]) -> Image.Image:
    layer = Image.new("L", image.size)
    ImageDraw.Draw(layer).rounded_rectangle(box, 20, fill=255)
    return layer.resize(size).point(lambda value: 255 if value >= 128 else 0)


def overlap(one: Image.Image, other: Image.Image) -> float:
    """Intersection over union of two masks of black and white."""
    return share_of(ImageChops.darker(one, other)) / share_of(ImageChops.lighter(one, other))


def take(taker: Taker, data: bytes, mask: bytes | None, *, keep: bool = False) -> Masked:
    return taker.run(taker.intake.prepare_masked(data, mask, RULE, keep=keep))


def mask_of(masked: Masked) -> Image.Image:
    mask = opened(masked.mask)
    assert mask.mode == "L"
    assert mask.size == (masked.prepared.width, masked.prepared.height)
    assert sum(mask.histogram()[1:255]) == 0
    return mask


@pytest.mark.parametrize("colour", BRUSHES)
@pytest.mark.parametrize("name", ["temple.jpg", "cat.jpg"])
def test_red_strokes_on_a_copy_are_found(
    taker: Taker, name: str, colour: tuple[int, int, int]
) -> None:
    source = photo(name)
    masked = take(taker, file(source), file(painted(source, colour=colour), "JPEG", quality=75))
    mask = mask_of(masked)
    assert overlap(mask, truth(source, BOX, mask.size)) > 0.85
    # The source is the untouched one.
    assert opened(masked.prepared.image).getpixel((10, 10)) is not None
    assert any("of it anew" in str(note) for note in masked.prepared.notes)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    left=st.integers(10, 200),
    upper=st.integers(10, 120),
    width=st.integers(40, 150),
    height=st.integers(40, 110),
    colour=st.sampled_from(BRUSHES),
    alpha=st.integers(170, 255),
    quality=st.integers(60, 95),
    scale=st.sampled_from([0.75, 1.0, 1.5]),
)
def test_wherever_and_however_it_is_painted(
    taker: Taker,
    left: int,
    upper: int,
    width: int,
    height: int,
    colour: tuple[int, int, int],
    alpha: int,
    quality: int,
    scale: float,
) -> None:
    source = photo()
    box = (left, upper, left + width, upper + height)
    copy = painted(source, box, colour, alpha)
    copy = copy.resize((round(copy.width * scale), round(copy.height * scale)))
    mask = mask_of(take(taker, file(source), file(copy, "JPEG", quality=quality)))
    assert overlap(mask, truth(source, box, mask.size)) > 0.7


def test_a_red_thing_in_the_picture_is_no_stroke(taker: Taker) -> None:
    source = painted(photo(), (20, 20, 100, 100), (230, 20, 20))
    mask = mask_of(take(taker, file(source), file(painted(source))))
    assert overlap(mask, truth(source, BOX, mask.size)) > 0.85


def test_a_black_and_white_mask_is_taken_as_it_is(taker: Taker) -> None:
    source = photo()
    layer = Image.new("L", source.size)
    ImageDraw.Draw(layer).ellipse(BOX, fill=255)
    for data in (file(layer), file(layer.filter(ImageFilter.GaussianBlur(3)), "JPEG", quality=60)):
        mask = mask_of(take(taker, file(source), data))
        wanted = layer.resize(mask.size).point(lambda value: 255 if value >= 128 else 0)
        assert overlap(mask, wanted) > 0.95


def test_holes_rubbed_into_a_copy_count(taker: Taker) -> None:
    source = photo()
    copy = source.copy()
    copy.putalpha(ImageChops.invert(truth(source, BOX, source.size)))
    mask = mask_of(take(taker, file(source), file(copy)))
    assert overlap(mask, truth(source, BOX, mask.size)) > 0.95


def test_what_is_marked_may_be_what_stays(taker: Taker) -> None:
    source = photo()
    change = mask_of(take(taker, file(source), file(painted(source))))
    keep = mask_of(take(taker, file(source), file(painted(source)), keep=True))
    assert ImageChops.difference(ImageChops.invert(change), keep).getbbox() is None


def test_paint_on_the_picture_itself_is_found_and_taken_off(taker: Taker) -> None:
    source = photo()
    masked = take(taker, file(painted(source), "JPEG", quality=90), None)
    mask = mask_of(masked)
    assert overlap(mask, truth(source, BOX, mask.size)) > 0.8
    # Nothing red shines through: under the stroke there are colours from around it.
    image = opened(masked.prepared.image).convert("RGB")
    red, green, blue = image.split()
    redness = ImageChops.subtract(red, ImageChops.lighter(green, blue))
    assert max(level for level, count in enumerate(redness.histogram(mask)) if count) < 110


@pytest.mark.parametrize("second", ["the same picture", "nothing red", "black"])
def test_a_picture_without_marks_is_one_sentence(taker: Taker, second: str) -> None:
    source = photo()
    mask = {
        "the same picture": file(source, "JPEG", quality=80),
        "nothing red": None,
        "black": file(Image.new("L", source.size)),
    }[second]
    with pytest.raises(NothingMarked, match="bright red"):
        take(taker, file(source), mask)


def test_a_mask_of_another_shape_or_picture_is_refused(taker: Taker) -> None:
    source = photo()
    with pytest.raises(MaskMismatch):
        take(taker, file(source), file(Image.new("L", (100, 300), 255)))
    other = photo("cat.jpg").resize(source.size)
    with pytest.raises(MaskMismatch):
        take(taker, file(source), file(painted(other)))
    # A grey photo is no mask either, though it has no colour.
    with pytest.raises((MaskMismatch, NothingMarked)):
        take(taker, file(source), file(other.convert("L")))


def test_a_mask_lies_on_the_picture_when_that_is_trimmed(taker: Taker) -> None:
    """Source and mask are cut to the model's size in the same way."""
    source = photo().resize((389, 217))
    mask = mask_of(take(taker, file(source), file(painted(source))))
    assert overlap(mask, truth(source, BOX, mask.size)) > 0.8
