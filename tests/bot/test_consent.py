"""Who opted out is left alone by all that goes on from a picture of theirs, whoever used it."""

from pathlib import Path

import discord
import pytest

from bot.demo.world import CDN_HOST
from tests.bot.stage import PHOTO, Asked, Stage, stage
from tests.engine.pictures import encoded, picture

LEFT_ALONE = "wants nobody to restyle it"
DIRECT = ("Vary subtle", "Vary strong", "Reroll", "Upscale", "Strength strip")


async def remixed(s: Stage, message: discord.Message, prompt: str) -> str:
    asked = await s.press(message, "Remix")
    asked.interaction = await s.world.alice.submit_modal(
        asked.interaction, {"prompt": prompt, "strength": "0.5"}
    )
    return asked.refusal


async def refused_by_all(s: Stage, message: discord.Message) -> None:
    for label in DIRECT:
        assert LEFT_ALONE in (await s.press(message, label)).refusal, label
    assert LEFT_ALONE in await remixed(s, message, "in chalk")


async def opt_out(s: Stage, *, alone: bool = True) -> None:
    await s.world.bob.slash(s.world.channel, "privacy opt-out", alone=alone)


async def test_no_button_goes_on_from_an_avatar_that_was_used_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord.Asset, "BASE", f"https://{CDN_HOST}")
    async with stage(tmp_path, max_in_flight_per_user=9) as s:
        for number in range(6):
            default = f"https://{CDN_HOST}/embed/avatars/{number}.png?size=1024"
            s.world.env.backend.cdn._blobs[default] = encoded(picture(128, 128))
        made = await (await s.restyle(image=None, member=s.world.bob)).outcome()
        varied = await (await s.press(made, "Vary strong")).outcome()
        strip = await (await s.press(made, "Strength strip")).outcome()
        await opt_out(s)
        s.app.presses.forget(s.world.alice.id, f"r:vary_strong:{s.job_of(made)}")
        await refused_by_all(s, varied)
        for label in ("Vary subtle", "Reroll"):
            assert LEFT_ALONE in (await s.press(made, label)).refusal
        again = await s.world.alice.context_menu(s.world.channel, "Restyle this", varied)
        assert again.response is not None
        assert LEFT_ALONE in again.response.content
        assert LEFT_ALONE in (await s.restyle(image=None)).refusal
        jobs = await s.app.database.members.shown_in(strip.id)
        picked = await s.pick(strip, jobs[2].id)
        assert LEFT_ALONE in (await s.press(picked.message, "Vary strong")).refusal
        # It is theirs, and they may go on from it.
        assert (await (await s.press(made, "Reroll", s.world.bob)).outcome()).attachments
        await opt_out(s, alone=False)
        s.app.presses.forget(s.world.alice.id, f"r:reroll:{s.job_of(varied)}")
        assert (await (await s.press(varied, "Reroll")).outcome()).attachments


@pytest.mark.parametrize("way", ["menu", "last picture", "gallery"])
async def test_no_chain_goes_on_that_began_with_a_message(tmp_path: Path, way: str) -> None:
    async with stage(tmp_path, max_in_flight_per_user=9) as s:
        alice, channel = s.world.alice, s.world.channel
        if way == "menu":
            posted = await s.world.bob.send(channel, "look", attachments=[("cat.jpg", PHOTO)])
            form = await alice.context_menu(channel, "Restyle this", posted)
            filled = {"prompt": "in ink", "strength": "0.5"}
            asked = Asked(s, await alice.submit_modal(form, filled))
        else:
            await (await s.restyle(s.world.bob)).outcome()
            asked = await s.restyle(image=None, count=2 if way == "gallery" else None)
        made = await asked.outcome()
        await opt_out(s)
        for label in ("V1", "Reroll") if way == "gallery" else ("Vary subtle", "Reroll"):
            assert LEFT_ALONE in (await s.press(made, label)).refusal


async def test_what_lies_between_is_its_makers_too(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result()
        between = await (await s.press(first, "Vary strong", s.world.bob)).outcome()
        last = await (await s.press(between, "Vary strong")).outcome()
        await opt_out(s)
        assert LEFT_ALONE in (await s.press(last, "Vary subtle")).refusal
        # What bob's was made from is none of his.
        assert (await (await s.press(first, "Vary subtle")).outcome()).attachments
