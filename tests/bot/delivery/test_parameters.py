"""Results tell how they were made, to tools that are not ours."""

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sd_parsers import ParserManager

from bot.delivery.parameters import embedded, parameters_of, room_for
from bot.jobs.spec import JobSpec
from engine.params import RestyleParams
from storage.records import Job, JobStatus
from tests.engine.pictures import encoded, picture

SPEC = JobSpec(
    params=RestyleParams(
        prompt="an oil painting, 油絵",
        negative_prompt="blurry",
        strength=0.55,
        seed=4711,
        width=96,
        height=64,
        checkpoint="embedded",
    ),
    source_hash="0" * 64,
    original_width=96,
    original_height=64,
)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
JOB = Job(
    id="a" * 22,
    guild_id=1,
    channel_id=2,
    message_id=3,
    user_id=4,
    action="restyle",
    params=SPEC.to_mapping(),
    source_hash=SPEC.source_hash,
    parent_id=None,
    root_id=None,
    source_notes=(),
    interaction_token="",
    interaction_expires_at=NOW,
    application_id=5,
    locale="en-US",
    attachment_size_limit=10,
    status=JobStatus.DONE,
    attempt=1,
    created_at=NOW,
    started_at=NOW,
    finished_at=NOW,
    result_hash="1" * 64,
    latents_hash=None,
    width=96,
    height=64,
    num_inference_steps=12,
    guidance_scale=2.0,
    seconds=0.5,
    notes=(),
    error_code=None,
    error_message=None,
)


def webp(image: Image.Image, **how: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", **how)
    return out.getvalue()


def glass() -> Image.Image:
    image = picture(96, 64).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize((96, 64)))
    return image


FILES = {
    "lossless": webp(picture(96, 64), lossless=True),
    "lossy": webp(picture(96, 64), quality=80),
    "transparent": webp(glass(), lossless=True),
    "lossy and transparent": webp(glass(), quality=80),
    "png": encoded(picture(96, 64), "PNG"),
}


@pytest.mark.parametrize("name", FILES)
def test_another_tool_reads_back_how_it_was_made(name: str) -> None:
    data = embedded(FILES[name], parameters_of(JOB))
    found = ParserManager().parse(io.BytesIO(data))
    assert found is not None
    [prompt], [negative] = found.prompts, found.negative_prompts
    assert (prompt.value, negative.value) == ("an oil painting, 油絵", "blurry")
    [sampler] = found.samplers
    facts = sampler.parameters
    assert (facts["seed"], facts["steps"], facts["cfg_scale"]) == ("4711", "12", "2.0")
    assert found.metadata["Denoising strength"] == "0.55"
    assert sampler.model is not None
    assert sampler.model.name == "embedded"


@pytest.mark.parametrize("name", FILES)
def test_not_a_pixel_changes(name: str) -> None:
    with (
        Image.open(io.BytesIO(FILES[name])) as before,
        Image.open(io.BytesIO(embedded(FILES[name], "x" * 999))) as after,
    ):
        assert (after.mode, after.size) == (before.mode, before.size)
        assert after.tobytes() == before.tobytes()


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400))
def test_it_adds_no_more_than_it_says_and_loses_no_text(text: str) -> None:
    for data in (FILES["lossless"], FILES["transparent"], FILES["png"]):
        assert len(embedded(data, text)) <= len(data) + room_for(text)
    with Image.open(io.BytesIO(embedded(FILES["lossy"], text))) as image:
        comment = image.getexif().get_ifd(0x8769)[0x9286]
    assert comment.removeprefix(b"UNICODE\x00").decode("utf-16-be") == text


def test_a_text_written_anew_takes_the_place_of_the_old() -> None:
    twice = embedded(embedded(FILES["lossless"], "old"), "new")
    assert twice == embedded(FILES["lossless"], "new")


def test_other_files_stay_as_they_are() -> None:
    jpeg = encoded(picture(8, 8), "JPEG")
    assert embedded(jpeg, "x") == jpeg


def test_a_sheet_tells_its_strengths_as_the_web_ui_does() -> None:
    text = parameters_of(JOB, [0.3, 0.45, 0.6])
    data = embedded(webp(picture(96, 64)), text)
    found = ParserManager().parse(io.BytesIO(data))
    assert found is not None
    assert found.metadata["X Type"] == "Denoising"
    # sd-parsers cuts at every comma; the web UI itself minds the quotes.
    assert 'X Values: "0.3, 0.45, 0.6"' in text
    assert "Denoising strength" not in found.metadata
    assert found.prompts[0].value == "an oil painting, 油絵"
