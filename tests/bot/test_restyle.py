"""`/restyle`, the menu and `/quota` through the real bot."""

import re
from pathlib import Path

import pytest
from PIL import Image

from bot.jobs.wish import MAX_STRENGTH
from tests.bot.stage import PHOTO, buttons, settings_in, shown, stage
from tests.engine.pictures import encoded, picture

RESULT_BUTTONS = [
    "Vary subtle",
    "Vary strong",
    "Reroll",
    "Remix",
    "Upscale",
    "Strength strip",
    "Compare",
    "Delete",
    "Report",
    "⋯",
]


async def test_a_picture_comes_back_with_what_made_it_and_how_to_go_on(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        message = await s.result(strength="0,45", seed=11)
        assert "**an oil painting** for <@" in message.content
        assert "strength 0.45 · seed 11 · 4 steps · embedded" in message.content
        assert buttons(message) == RESULT_BUTTONS
        [attempt] = s.engine.attempts
        assert (attempt.params.strength, attempt.params.seed) == (0.45, 11)
        assert (await shown(message)).size == (attempt.params.width, attempt.params.height)
        assert message.attachments[0].description == "A picture restyled as: an oil painting"


async def test_defaults_are_the_checkpoints_and_seeds_differ(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        await s.result()
        await s.result()
        first, second = s.engine.attempts
        assert first.params.strength == s.app.checkpoint.strength
        assert first.params.seed != second.params.seed
        assert (first.params.width * first.params.height) ** 0.5 == pytest.approx(256, rel=0.1)


async def test_the_negative_prompt_reaches_the_engine(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        await s.result(negative_prompt="blurry")
        assert s.engine.attempts[0].params.negative_prompt == "blurry"


async def test_strength_is_offered_by_name_and_by_number(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        alice, channel = s.world.alice, s.world.channel
        offered = await alice.autocomplete(channel, "restyle", "strength", "")
        assert [choice["value"] for choice in offered] == ["0.30", "0.55", "0.75", "0.95"]
        assert offered[0]["name"] == "subtle 0.30: keeps the picture nearly whole"
        offered = await alice.autocomplete(channel, "restyle", "strength", "bo")
        assert [choice["value"] for choice in offered] == ["0.75"]
        offered = await alice.autocomplete(channel, "restyle", "strength", "0.42")
        assert offered[0]["value"] == "0.42"


async def test_transparency_comes_back(tmp_path: Path) -> None:
    glass = picture(96, 64).convert("RGBA")
    glass.putalpha(Image.linear_gradient("L").resize((96, 64)))
    async with stage(tmp_path) as s:
        message = await s.result(image=("glass.png", encoded(glass)))
        assert (await shown(message)).mode == "RGBA"


async def test_what_was_changed_in_the_picture_is_said(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        message = await s.result()
        assert "I enlarged it from 96 × 64" in message.content


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (("page.png", b"<html><body>no</body></html>"), "picture"),
        (("cut.jpg", PHOTO[: len(PHOTO) // 2]), "picture"),
        (("empty.png", b""), "picture"),
    ],
)
async def test_a_bad_picture_gets_one_sentence_and_costs_nothing(
    tmp_path: Path, image: tuple[str, bytes], said: str
) -> None:
    async with stage(tmp_path) as s:
        asked = await s.restyle(image=image)
        assert said in asked.refusal
        assert s.last_message.id == s.world.welcome.id
        assert "used 0 of 20" in await s.balance()


async def test_a_file_too_large_is_refused_before_it_is_fetched(tmp_path: Path) -> None:
    async with stage(tmp_path, intake_max_bytes=100) as s:
        assert "too large" in (await s.restyle()).refusal


async def test_an_attachment_from_elsewhere_is_not_fetched(tmp_path: Path) -> None:
    async with stage(tmp_path, discord_cdn_hosts="cdn.discordapp.com") as s:
        assert "uploaded to Discord" in (await s.restyle()).refusal


async def test_a_prompt_of_blanks_is_refused(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        assert "how the picture should look" in (await s.restyle(prompt="   ")).refusal


async def test_nobody_is_mentioned_and_markup_is_inert(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        message = await s.result(prompt=f"@everyone {s.world.bob.mention} **bold** `x`")
        # The member who asked is named without being called.
        assert [user.id for user in message.mentions] == [s.world.alice.id]
        assert not message.mention_everyone
        bodies = [r.json for r in s.world.env.http_requests if r.json and "content" in r.json]
        assert bodies
        assert all(body["allowed_mentions"] == {"parse": []} for body in bodies)
        assert r"\*\*bold\*\* \`x\`" in message.content


async def test_the_quota_counts_down_and_says_when_it_renews(tmp_path: Path) -> None:
    async with stage(tmp_path, daily_quota=2) as s:
        assert "used 0 of 2" in await s.balance()
        await s.result()
        await s.result()
        assert "used all 2" in await s.balance()
        assert "used all 2 of today's pictures" in (await s.restyle()).refusal
        # Quotas are each member's own.
        assert "used 0 of 2" in await s.balance(s.world.bob)


async def test_too_many_at_once_is_refused(tmp_path: Path) -> None:
    async with stage(tmp_path, max_in_flight_per_user=1) as s:
        s.engine.gate.clear()
        first = await s.restyle()
        assert "enough jobs" in (await s.restyle()).refusal
        s.engine.gate.set()
        await first.outcome()
        assert "used 1 of 20" in await s.balance()


async def test_a_waiting_job_tells_its_place_and_can_be_cancelled(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.engine.slots = 1
        s.engine.gate.clear()
        running = await s.restyle()
        await s.world.app.engine.wait_ready()
        waiting = await s.restyle(s.world.bob)
        assert "Queued (#1, 1 of 20 today). It costs 1." in waiting.message.content
        assert buttons(waiting.message) == ["Cancel"]
        await s.press(waiting.message, "Cancel", s.world.bob)
        assert "Cancelled" in (await waiting.outcome()).content
        assert "used 0 of 20" in await s.balance(s.world.bob)
        s.engine.gate.set()
        await running.outcome()
        assert len(s.engine.attempts) == 1


async def test_the_menu_restyles_a_picture_that_is_already_there(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        alice, channel = s.world.alice, s.world.channel
        posted = await s.world.bob.send(channel, "look", attachments=[("cat.jpg", PHOTO)])
        form = await alice.context_menu(channel, "Restyle this", posted)
        asked = await alice.submit_modal(form, {"prompt": "stained glass", "strength": "bold"})
        assert asked.response is not None
        await s.app.watch.outcome(asked.response.id)
        assert "strength 0.75" in asked.response.message.content
        assert s.engine.attempts[0].params.prompt == "stained glass"


async def test_the_menu_on_a_message_without_a_picture_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        result = await s.world.alice.context_menu(s.world.channel, "Restyle this", s.world.welcome)
        assert result.response is not None
        assert result.response.ephemeral
        assert "no picture attached" in result.response.content


async def test_a_form_with_a_senseless_strength_says_what_it_may_be(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        alice, channel = s.world.alice, s.world.channel
        posted = await s.world.bob.send(channel, "look", attachments=[("cat.jpg", PHOTO)])
        form = await alice.context_menu(channel, "Restyle this", posted)
        asked = await alice.submit_modal(form, {"prompt": "neon", "strength": "very"})
        assert asked.response is not None
        assert asked.response.ephemeral
        assert f"to {MAX_STRENGTH}" in asked.response.content
        assert s.engine.attempts == []


async def test_commands_are_synced_only_when_they_changed(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:

        def syncs() -> int:
            return sum(
                request.method == "PUT" and request.path.endswith("/commands")
                for request in s.world.env.http_requests
            )

        assert syncs() == 1
        await s.restart()
        assert syncs() == 1
        longer = settings_in(tmp_path).prompt_max_chars + 1
        await s.restart(prompt_max_chars=longer)
        assert syncs() == 2


async def test_a_senseless_strength_is_refused_in_the_command_too(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        asked = await s.restyle(strength="very")
        assert "Strength is a number" in asked.refusal
        assert s.engine.attempts == []


async def test_a_waiting_member_is_told_how_long_once_that_was_measured(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        await s.result()
        s.engine.slots = 1
        s.engine.gate.clear()
        running = await s.restyle()
        waiting = await s.restyle(s.world.bob)
        # Half a second for 2 steps was told; the checkpoint's own 12 steps run 7 at this strength,
        # and about as many are left to the one that runs.
        told = waiting.message.content
        assert re.search(r"Queued \(#1, about [34] sec, 1 of 20 today\)\. It costs 1\.", told)
        s.engine.gate.set()
        await running.outcome()
        await waiting.outcome()
