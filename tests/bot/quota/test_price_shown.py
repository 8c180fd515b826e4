"""What a wish costs is told, with what is left, before it is spent."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import simcord

from bot.errors import NotAllowed
from bot.jobs.larger import upscale
from bot.jobs.origin import Origin
from bot.jobs.strip import STRENGTHS
from bot.jobs.wish import Wish
from tests.bot.quota.test_members import court, said
from tests.bot.stage import Asked, buttons, stage


async def test_a_strip_asks_before_it_costs_five(tmp_path: Path) -> None:
    async with stage(tmp_path, daily_quota=9) as s:
        first = await s.result()
        question = await s.press(first, "Strength strip", s.world.bob, agree=False)
        assert question.refusal == ("These are 5 pictures and cost 5. You have 9 of 9 left today.")
        assert "used 0 of 9" in await s.balance(s.world.bob)
        # The question outlives a restart.
        await s.restart(daily_quota=9)
        [label] = buttons(question.message)
        assert label == "Make it for 5"
        agreed = await s.press(question.message, label, s.world.bob)
        await agreed.outcome()
        assert len(s.engine.attempts) == len(STRENGTHS)
        assert "used 5 of 9" in await s.balance(s.world.bob)


async def test_what_costs_one_is_not_asked_about(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result()
        asked = await s.press(first, "Vary subtle", agree=False)
        assert len((await asked.outcome()).attachments) == 1


async def test_nobody_is_asked_for_more_than_there_is(tmp_path: Path) -> None:
    async with stage(tmp_path, daily_quota=4) as s:
        first = await s.result()
        refused = (await s.press(first, "Strength strip", agree=False)).refusal
        assert "That costs 5, and you have 3 left today." in refused


async def test_a_price_that_changed_is_asked_about_again(tmp_path: Path) -> None:
    async with court(tmp_path) as c:
        first = await c.s.result()
        question = await c.s.press(first, "Upscale", agree=False)
        [label] = buttons(question.message)
        assert label == "Make it for 4"
        await c.mod("prices", very_large=7)
        again = await c.s.press(question.message, label, agree=False)
        assert "costs 7" in again.refusal
        assert len(c.s.engine.attempts) == 1
        # Less than agreed needs no second question.
        await c.mod("prices", very_large=1)
        await (await c.s.press(question.message, label, agree=False)).outcome()


async def test_a_price_that_rises_on_the_way_is_not_charged(tmp_path: Path) -> None:
    """Between the question and the charge lie the acknowledgement and perhaps a download."""
    async with court(tmp_path) as c:
        first = await c.s.result()
        [job] = await c.s.app.database.members.everything(c.s.world.alice.id)
        origin = Origin(
            interaction_id=first.id + 1,
            user_id=job.user_id,
            guild_id=job.guild_id,
            channel_id=job.channel_id,
            message_id=first.id,
            application_id=job.application_id,
            token=job.interaction_token,
            token_expires_at=job.interaction_expires_at,
            locale=job.locale,
            attachment_size_limit=job.attachment_size_limit,
        )

        async def agreed() -> Wish:
            return replace(upscale(job, c.s.app.offer.default), at_most=4)

        await c.mod("prices", very_large=7)
        with pytest.raises(NotAllowed, match="price has changed"):
            await c.s.app.submission.submit(origin, agreed)
        assert len(c.s.engine.attempts) == 1


async def test_without_a_limit_nobody_is_asked(tmp_path: Path) -> None:
    async with court(tmp_path) as c:
        await c.mod("set", allowance="unlimited")
        first = await c.s.result()
        await (await c.s.press(first, "Upscale", agree=False)).outcome()


async def test_a_remix_of_a_large_picture_says_its_price_in_the_form(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        large = await s.result(size="large")
        form = (await s.press(large, "Remix")).interaction.modal
        assert "costs 2. You have 18 of 20 left today." in str(form)


async def test_a_remix_says_what_it_costs_and_costs_no_more(tmp_path: Path) -> None:
    async with court(tmp_path) as c:
        first = await c.s.result(size="large")
        form = (await c.s.press(first, "Remix")).interaction
        assert "This is 1 picture and costs 2. You have 18 of 20 left today." in str(form.modal)
        await c.mod("prices", large=5)
        sent = await c.s.world.alice.submit_modal(form, {"prompt": "neon", "strength": "0.5"})
        assert "price has changed" in Asked(c.s, sent, pressed=first).refusal
        await c.mod("set", allowance="unlimited")
        form = (await c.s.press(first, "Remix")).interaction
        assert "left today" not in str(form.modal)


async def test_a_form_says_what_it_costs(tmp_path: Path) -> None:
    async with court(tmp_path) as c:
        alice, channel = c.s.world.alice, c.s.world.channel
        first = await c.s.result()
        for form in (
            await alice.slash(channel, "restyle"),
            await alice.context_menu(channel, "Restyle this", first),
        ):
            fields = fields_of(form)
            assert fields["count"]["description"] == "Each costs 1; you have 19 of 20 left today."
            offered = [option["label"] for option in fields["count"]["component"]["options"]]
            assert offered[3] == "4 · costs 4, 19 left today"
        # What was said with the command counts.
        form = await alice.slash(channel, "restyle", size="large", steps=24)
        assert fields_of(form)["count"]["description"].startswith("Each costs 4; ")
        await c.mod("set", allowance="unlimited")
        form = await alice.slash(channel, "restyle")
        assert "left today" not in str(form.modal)


def fields_of(form: simcord.InteractionResult) -> dict[str, Any]:
    """The fields of a form by their custom_id, each in its label."""
    assert form.modal is not None
    return {row["component"]["custom_id"]: row for row in form.modal["components"]}


@pytest.mark.parametrize(
    ("command", "chosen", "option", "offered"),
    [
        ("restyle", {}, "count", "4 · costs 4, 20 left today"),
        ("restyle", {"size": "large"}, "count", "4 · costs 8, 20 left today"),
        ("imagine", {"count": 3}, "size", "large · costs 6, 20 left today"),
        ("restyle", {}, "size", "medium · costs 1, 20 left today"),
        ("restyle", {"steps": 24}, "count", "3 · costs 6, 20 left today"),
        ("restyle", {}, "steps", "12 · costs 1, 20 left today"),
        ("imagine", {"size": "large"}, "steps", "24 · costs 4, 20 left today"),
        ("restyle", {"count": 2}, "steps", "48 · costs 6, 20 left today"),
    ],
)
async def test_choices_tell_their_price(
    tmp_path: Path, command: str, chosen: dict[str, object], option: str, offered: str
) -> None:
    async with stage(tmp_path) as s:
        found = await s.world.alice.autocomplete(s.world.channel, command, option, "", **chosen)
        assert offered in [choice["name"] for choice in found]


async def test_steps_that_are_typed_are_offered_and_charged(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        found = await s.world.alice.autocomplete(s.world.channel, "restyle", "steps", "40")
        assert [(one["name"], one["value"]) for one in found] == [
            ("40 · costs 3, 20 left today", 40)
        ]
        # Nobody is offered what the command would not take.
        assert await s.world.alice.autocomplete(s.world.channel, "restyle", "steps", "9999") == []
        await s.result(steps=40)
        assert s.engine.attempts[-1].params.num_inference_steps == 40
        assert "used 3 of 20" in await s.balance()


async def test_the_queued_message_says_what_it_costs(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.engine.gate.clear()
        asked = await s.restyle(count=3)
        other = await s.restyle(s.world.bob, count=2)
        assert "2 of 20 today). It costs 2." in said(other.interaction)
        s.engine.gate.set()
        await asked.outcome()
        await other.outcome()


async def test_a_size_that_there_is_not_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        assert "There are: small, medium, large" in (await s.restyle(size="vast")).refusal
