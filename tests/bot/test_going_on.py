"""Upscale, Compare, Back and ⋯, and what pressing twice does to every button."""

from pathlib import Path

import discord
import pytest

from bot.jobs.larger import STRENGTH
from bot.presses import BUTTON_PAUSE_S, Presses
from tests.bot.moderation.test_rules import moderator
from tests.bot.stage import Asked, buttons, shown, stage
from tests.bot.told import told
from tests.engine.pictures import encoded


async def test_upscale_doubles_the_size_and_stays_close(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result(seed=5)
        larger = await (await s.press(first, "Upscale")).outcome()
        parent, child = s.engine.attempts
        assert child.params.width == 2 * parent.params.width
        assert child.params.height == 2 * parent.params.height
        assert (child.params.strength, child.params.seed) == (STRENGTH, 5)
        assert child.source_latents is None
        assert (await shown(larger)).width == 2 * (await shown(first)).width
        assert "enlarged" in larger.content


async def test_upscale_ends_at_what_the_checkpoint_can_make(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        largest = s.app.checkpoint.longest_side(upscaling=True)
        message = await s.result()
        for _ in range(3):
            width = (await shown(message)).width
            if width * 1.25 > largest:
                break
            message = await (await s.press(message, "Upscale")).outcome()
            assert (await shown(message)).width <= largest
        assert "as large as embedded can make it" in (await s.press(message, "Upscale")).refusal


async def test_upscale_is_made_once_and_then_pointed_to(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result()
        s.engine.gate.clear()
        running = await s.press(first, "Upscale")
        await running.progress()
        assert "being made already" in (await s.press(first, "Upscale", s.world.bob)).refusal
        s.engine.gate.set()
        larger = await running.outcome()
        told = (await s.press(first, "Upscale")).refusal
        assert f"/{s.world.channel.id}/{larger.id}" in told
        # Four times the pixels cost four; charged once.
        assert "used 5 of 20" in await s.balance()


def components(asked: Asked) -> list[dict[str, object]]:
    assert asked.interaction.response is not None
    return asked.interaction.response.components


def v2_labels(asked: Asked) -> list[str]:
    rows = [one for one in components(asked) if one["type"] == 1]
    return [child["label"] for row in rows for child in row["components"]]  # type: ignore[attr-defined]


async def test_before_and_after_are_shown_in_private_and_can_be_posted(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result()
        varied = await (await s.press(first, "Vary strong")).outcome()
        asked = await s.press(varied, "Compare", s.world.bob)
        assert asked.interaction.response is not None
        assert asked.interaction.response.ephemeral
        pair = await shown(asked.message)
        one = await shown(varied)
        assert pair.width > 2 * one.width
        left = pair.convert("RGB").crop((0, 0, one.width, one.height))
        assert encoded(left) == encoded((await shown(first)).convert("RGB"))
        assert v2_labels(asked) == ["With the very first", "Post it here"]
        # The very first is the photo itself.
        result = await s.world.bob.click(asked.message, label="With the very first")
        other = Asked(s, result)
        assert encoded(await shown(asked.message)) != encoded(pair)
        assert v2_labels(asked) == ["With the one before", "Post it here"]
        assert other.interaction.acknowledged
        posted = Asked(s, await s.world.bob.click(asked.message, label="Post it here"))
        assert posted.interaction.response is not None
        assert not posted.interaction.response.ephemeral
        assert v2_labels(posted) == ["Delete", "Report"]
        assert len(posted.message.attachments) == 1
        # Showing costs nothing.
        assert "used 0 of 20" in await s.balance(s.world.bob)


async def test_what_is_posted_for_all_is_held_to_the_rules(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        bob, carol, channel = s.world.bob, moderator(s), s.world.channel
        first = await s.result()
        asked = await s.press(first, "Compare", bob)
        spoil = {"channel": channel, "rule": "always"}
        await carol.slash(channel, "mod channel spoiler", **spoil)
        posted = Asked(s, await bob.click(asked.message, label="Post it here"))
        assert all(one.is_spoiler() for one in posted.message.attachments)
        await carol.slash(channel, "mod block", member=bob, reason="noise")
        s.app.presses.forget(bob.id, f"r:share_parent:{s.job_of(first)}")
        again = await s.press(asked.message, "Post it here", bob)
        assert "no pictures here" in again.refusal
        await carol.slash(channel, "mod unblock", member=bob)


async def test_what_is_for_one_member_alone_is_not_posted(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        asked = await s.press(await s.result(), "Compare")
        with told(s.world.env, app_permissions=str(discord.Permissions(view_channel=True).value)):
            refused = (await s.press(asked.message, "Post it here")).refusal
        assert "for you alone" in refused


async def test_a_first_picture_has_one_comparison(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        asked = await s.press(await s.result(), "Compare")
        assert v2_labels(asked) == ["Post it here"]


async def test_compare_without_a_before_or_after_is_one_sentence(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        made = await (await s.command("imagine", prompt="a castle")).outcome()
        custom_id = f"r:compare:{s.job_of(made)}"
        forged = await s.forge(custom_id)
        assert "no before" in (await s.press(forged, custom_id)).refusal
        first = await s.result()
        await s.app.database.jobs.delete_result(s.job_of(first))
        assert "no longer kept" in (await s.press(first, "Compare")).refusal


async def test_back_leads_to_the_parent_or_to_the_source(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result()
        varied = await (await s.press(first, "Vary subtle")).outcome()
        more = await s.press(varied, "⋯")
        assert more.interaction.response is not None
        assert more.interaction.response.ephemeral
        assert "Back" in buttons(more.message)
        back = await s.press(more.message, "Back")
        assert encoded(await shown(back.message)) == encoded(await shown(first))
        [link] = [
            child
            for row in back.message.components
            if isinstance(row, discord.ActionRow)
            for child in row.children
            if isinstance(child, discord.Button)
        ]
        assert link.url == first.jump_url
        begun = await s.press((await s.press(first, "⋯")).message, "Back")
        assert "began with" in begun.message.content
        assert (await shown(begun.message)).size == (await shown(first)).size
        await s.press(first, "Delete")
        more = await s.press(varied, "⋯")
        assert "no longer kept" in (await s.press(more.message, "Back")).refusal


async def test_back_from_words_alone_has_nowhere_to_lead(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        made = await (await s.command("imagine", prompt="a castle")).outcome()
        back = await s.press((await s.press(made, "⋯")).message, "Back")
        assert "words alone" in back.message.content


@pytest.mark.parametrize("label", ["Vary subtle", "Vary strong", "Reroll"])
async def test_a_double_click_makes_one_picture(tmp_path: Path, label: str) -> None:
    async with stage(tmp_path) as s:
        first = await s.result()
        s.engine.gate.clear()
        once = await s.press(first, label)
        twice = await s.press(first, label)
        assert "on it already" in twice.refusal
        # Another member means another picture.
        other = await s.press(first, label, s.world.bob)
        s.engine.gate.set()
        await once.outcome()
        await other.outcome()
        assert len(s.engine.attempts) == 3
        assert "used 2 of 20" in await s.balance()


async def test_a_remix_sent_twice_is_made_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result()
        values = {"prompt": "neon", "strength": "0.5"}
        one, two = await s.press(first, "Remix"), await s.press(first, "Remix")
        form = two.interaction
        one.interaction = await s.world.alice.submit_modal(one.interaction, values)
        two.interaction = await s.world.alice.submit_modal(form, values)
        assert "on it already" in two.refusal
        await one.outcome()
        assert len(s.engine.attempts) == 2


@pytest.mark.parametrize("label", ["Upscale", "Strength strip"])
async def test_what_was_made_once_and_deleted_by_hand_is_shown_again(
    tmp_path: Path, label: str
) -> None:
    async with stage(tmp_path) as s:
        first = await s.result()
        made = await (await s.press(first, label)).outcome()
        picture = encoded(await shown(made))
        assert made.jump_url in (await s.press(first, label, s.world.bob)).refusal
        await made.delete()
        again = await s.press(first, label, s.world.bob)
        assert again.interaction.response is not None
        assert again.interaction.response.ephemeral
        assert encoded(await shown(again.message)) == picture
        # And it can be gone on from; nothing of it was counted.
        assert buttons(again.message) == buttons(made)
        assert "used 0 of 20" in await s.balance(s.world.bob)
        forged = await s.forge(f"r:{label.split()[-1].lower()}:{'0' * 22}")
        unknown = await s.press(forged, f"r:{label.split()[-1].lower()}:{'0' * 22}")
        assert "no longer know" in unknown.refusal


async def test_cancel_and_delete_twice_are_harmless(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.engine.gate.clear()
        asked = await s.restyle()
        await asked.progress()
        before = asked.message
        await s.press(before, "Cancel")
        await asked.outcome()
        custom_id = f"r:cancel:{s.engine.attempts[0].key.partition('.')[0]}"
        forged = await s.forge(custom_id)
        again = await s.press(forged, custom_id)
        assert again.interaction.followups == []
        assert "used 0 of 20" in await s.balance()
        s.engine.gate.set()
        message = await s.result()
        s.world.env.inject_error("DELETE", "/webhooks/*/*/messages/*", status=404, code=10008)
        gone = await s.press(message, "Delete")
        assert gone.interaction.followups == []


async def test_a_press_that_led_to_nothing_is_not_held_against_the_next(tmp_path: Path) -> None:
    async with stage(tmp_path, daily_quota=1) as s:
        first = await s.result()
        for _ in range(2):
            assert "used all 1" in (await s.press(first, "Reroll")).refusal


def test_presses_are_forgotten_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("bot.presses.time.monotonic", lambda: now)
    presses = Presses()
    assert not presses.again(1, "r:reroll:a")
    assert presses.again(1, "r:reroll:a")
    assert not presses.again(1, "r:reroll:b")
    assert not presses.again(2, "r:reroll:a")
    now += BUTTON_PAUSE_S
    assert not presses.again(1, "r:reroll:a")


FORGED = [
    "r:vary_subtle:0000000000000000000000",
    "r:v3:0000000000000000000000",
    "r:reroll_all:0",
    "r:upscale:zz",
    "r:strip:zz",
    "r:compare:zz",
    "r:compare_root:zz",
    "r:share_parent:zz",
    "r:more:zz",
    "r:back:zz",
    "r:cancel:zz",
    "r:delete:zz",
    "r:remix:zz",
    "r:reroll:" + "z" * 32,
]


@pytest.mark.parametrize("custom_id", FORGED)
async def test_a_forged_id_is_refused_and_changes_nothing(tmp_path: Path, custom_id: str) -> None:
    async with stage(tmp_path) as s:
        forged = await s.forge(custom_id)
        assert "no longer know that picture" in (await s.press(forged, custom_id)).refusal
        assert s.engine.attempts == []
        assert "used 0 of 20" in await s.balance()


async def test_a_picked_id_of_another_message_is_refused(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        gallery, other = await s.result(count=2), await s.result()
        view = discord.ui.View(timeout=None)
        select: discord.ui.Select[discord.ui.View] = discord.ui.Select(
            custom_id=f"r:pick:{s.job_of(gallery)}",
            options=[discord.SelectOption(label="x", value=s.job_of(other))],
        )
        view.add_item(select)
        channel = s.world.env.bot.get_channel(s.world.channel.id)
        assert isinstance(channel, discord.TextChannel)
        forged = await channel.send("forged", view=view)
        assert "no longer kept" in (await s.pick(forged, s.job_of(other))).refusal


@pytest.mark.parametrize(
    "custom_id",
    ["r:vary_subtle:", "r:vary_subtle:A", "r:v0:a", "r:compare_x:a", "r:unknown:a", "x:v1:a"],
)
async def test_what_is_no_id_of_ours_is_refused(tmp_path: Path, custom_id: str) -> None:
    async with stage(tmp_path) as s:
        forged = await s.forge(custom_id)
        assert "do not know that button" in (await s.press(forged, custom_id)).refusal
        assert s.engine.attempts == []
