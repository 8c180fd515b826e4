"""What a member owns: taken along as zip files, deleted whole, and left alone when they wish so."""

import asyncio
import io
import json
import zipfile
from pathlib import Path

import discord
import pytest
import simcord
from PIL import Image

from bot.jobs.spec import JobSpec
from bot.privacy.export import ENTRY_BYTES
from tests.bot.moderation.test_content import SKIN, flat, lines
from tests.bot.moderation.test_reports import card_of, with_desk
from tests.bot.moderation.test_rules import moderator
from tests.bot.stage import PHOTO, Stage, buttons, stage
from tests.engine.pictures import encoded, picture


async def exported(
    s: Stage, who: simcord.MemberActor | None = None
) -> tuple[list[zipfile.ZipFile], simcord.InteractionResult]:
    result = await (who or s.world.alice).slash(s.world.channel, "privacy export")
    files: list[discord.Attachment] = []
    for reply in (result.response, *result.followups):
        assert reply is not None
        assert reply.ephemeral
        files += reply.message.attachments
    parts = [zipfile.ZipFile(io.BytesIO(await file.read())) for file in files]
    return parts, result


async def test_an_export_has_the_words_and_the_pictures(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        message = await s.result(prompt="mine", seed=5)
        await (await s.restyle(s.world.bob, prompt="theirs")).outcome()
        [part], _ = await exported(s)
        told = json.loads(part.read("data.json"))
        assert told["user_id"] == s.world.alice.id
        [job] = told["jobs"]
        assert job["params"]["params"]["prompt"] == "mine"
        assert "token" not in str(job)
        assert [row["kind"] for row in told["ledger"]] == ["reserve", "commit"]
        names = {f"pictures/{s.job_of(message)}-{kind}.webp" for kind in ("source", "result")}
        assert set(part.namelist()) == {"README.txt", "data.json", *names}
        kept = await s.app.images.get(job["result_hash"])
        assert part.read(f"pictures/{s.job_of(message)}-result.webp") == kept


async def test_an_export_is_split_by_the_upload_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(tmp_path) as s:
        for _ in range(4):
            await s.result()
        jobs = await s.app.database.members.everything(s.world.alice.id)
        hashes = [name for job in jobs for name in (job.result_hash, job.source_hash) if name]
        largest = max([len(await s.app.images.get(name)) for name in hashes])
        # Seeds are drawn, and with them sizes: one picture always fits, five never into two parts.
        monkeypatch.setattr("bot.privacy.export.MAX_PART_BYTES", 3 * largest // 2)
        parts, _ = await exported(s)
        assert len(parts) > 2
        names = [name for part in parts for name in part.namelist()]
        # Of all four the source is the same photo.
        assert len(names) == len(set(names)) == 2 + 1 + 4
        monkeypatch.setattr("bot.commands.privacy.MAX_PARTS", 2)
        parts, result = await exported(s)
        assert len(parts) == 2
        assert "more than fits into 2 files" in result.followups[-1].content


async def test_an_export_has_masks_and_transparencies_and_tells_what_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(tmp_path) as s:
        glass = picture(96, 64).convert("RGBA")
        glass.putalpha(Image.linear_gradient("L").resize((96, 64)))
        mask = encoded(Image.linear_gradient("L").resize((96, 64)).point([0] * 128 + [255] * 128))
        asked = await s.command(
            "inpaint",
            image=("glass.png", encoded(glass, "PNG")),
            mask_image=("mask.png", mask),
            prompt="a pond",
        )
        made = await asked.outcome()
        job = await s.app.database.jobs.get(s.job_of(made))
        [part], _ = await exported(s)
        told = json.loads(part.read("data.json"))
        spec = JobSpec.from_mapping(job.params)
        wanted = {
            job.source_hash: f"pictures/{job.id}-source.webp",
            spec.mask_hash: f"pictures/{job.id}-mask.png",
            spec.alpha_hash: f"pictures/{job.id}-transparency.png",
            job.result_hash: f"pictures/{job.id}-result.webp",
        }
        assert told["pictures"] == wanted
        assert set(part.namelist()) == {"README.txt", "data.json", *wanted.values()}
        assert "Latents" in part.read("README.txt").decode()
        assert told["held_back"] == 0
        assert job.result_hash is not None
        await s.app.images.delete(job.result_hash)
        assert spec.alpha_hash is not None
        tight = len(await s.app.images.get(spec.alpha_hash)) + 2 * ENTRY_BYTES - 1
        monkeypatch.setattr("bot.privacy.export.MAX_PART_BYTES", tight)
        parts, _ = await exported(s)
        left_out = json.loads(parts[-1].read("left_out.json"))
        assert left_out[f"pictures/{job.id}-result.webp"] == "no longer kept"
        assert "larger than" in left_out[f"pictures/{job.id}-transparency.png"]
        there = {name for part in parts for name in part.namelist()}
        assert not there & left_out.keys()


async def test_delete_asks_first_and_then_leaves_only_the_count(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        message = await s.result()
        job = await s.app.database.jobs.get(s.job_of(message))
        theirs = await (await s.restyle(s.world.bob)).outcome()
        asked = await s.world.alice.slash(s.world.channel, "privacy delete")
        assert asked.response is not None
        assert asked.response.ephemeral
        assert "1 picture" in asked.response.content
        assert buttons(asked.response.message) == ["Delete everything"]
        # Nothing has happened yet.
        assert await s.app.database.members.count(s.world.alice.id) == 1
        await s.world.alice.click(asked.response.message, label="Delete everything")
        assert "Deleted: 1 job." in asked.response.message.content
        assert buttons(asked.response.message) == []
        assert await s.app.database.members.everything(s.world.alice.id) == []
        assert job.result_hash is not None
        assert not await s.app.images.exists(job.result_hash)
        assert s.last_message.id == theirs.id
        taken = [r.path for r in s.world.env.http_requests if r.method == "DELETE"]
        assert taken == [f"/channels/{message.channel.id}/messages/{message.id}"]
        assert "used 1 of 20" in await s.balance()


async def test_an_export_has_all_else_and_delete_takes_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        who, channel = s.world.alice, s.world.channel
        await who.slash(channel, "look save", name="inky", template="{prompt}, in ink")
        await moderator(s).slash(channel, "mod set request-channel", channel=s.world.channel)
        await who.slash(channel, "quota ask", amount=3, why="a long wedding")
        theirs = await (await s.restyle(s.world.bob)).outcome()
        await with_desk(s)
        shown = await who.click(theirs, label="Report")
        await who.submit_modal(shown, {"reason": "my own words"})
        await moderator(s).slash(channel, "mod filter words", words="tulip")
        assert "prompt" in (await s.restyle(prompt="a tulip")).refusal
        [part], _ = await exported(s)
        told = json.loads(part.read("data.json"))
        assert [look["name"] for look in told["looks"]] == ["inky"]
        assert [one["why"] for one in told["requests"]] == ["a long wedding"]
        assert [one["reason"] for one in told["reports"]] == ["my own words"]
        assert [one["reason"] for one in told["refusals"]] == ["prompt"]
        assert told["votes"] == told["blocks"] == []
        asked = await who.slash(channel, "privacy delete")
        assert asked.response is not None
        await who.click(asked.response.message, label="Delete everything")
        [part], _ = await exported(s)
        told = json.loads(part.read("data.json"))
        for kind in ("jobs", "looks", "requests", "votes", "reports", "refusals"):
            assert told[kind] == [], kind
        assert all("inky" not in one.look.name for one in await s.app.looks.all_for(None, who.id))


async def test_what_waits_for_a_moderator_is_forgotten_too(tmp_path: Path) -> None:
    async with stage(tmp_path, **lines(0.1, 0.9)) as s:
        desk = await with_desk(s)
        await s.restyle(image=flat(SKIN), prompt="held back")
        assert len(card_of(desk).attachments) == 1
        case = await s.app.database.cases.get(s.world.alice.guild.id, 1)
        assert case is not None
        assert case.payload is not None
        source = case.payload["source_hash"]
        assert await s.app.images.exists(source)
        [part], _ = await exported(s)
        assert json.loads(part.read("data.json"))["held_back"] == 1
        asked = await s.world.alice.slash(s.world.channel, "privacy delete")
        assert asked.response is not None
        await s.world.alice.click(asked.response.message, label="Delete everything")
        assert await s.app.database.cases.get(s.world.alice.guild.id, 1) is None
        assert not await s.app.images.exists(source)
        async with asyncio.timeout(20):
            while desk.history():  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0)


async def test_delete_stops_what_waits_and_says_what_still_runs(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.engine.slots = 1
        s.engine.gate.clear()
        s.engine.deaf = True
        running = await s.restyle()
        await running.progress()
        await s.restyle()
        asked = await s.world.alice.slash(s.world.channel, "privacy delete")
        assert asked.response is not None
        await s.world.alice.click(asked.response.message, label="Delete everything")
        assert "just being made" in asked.response.message.content
        [left] = await s.app.database.members.everything(s.world.alice.id)
        assert s.engine.attempts[0].key.startswith(left.id)
        s.engine.gate.set()
        await running.outcome()


async def test_who_opted_out_is_left_alone_by_the_menu(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        bob, alice, channel = s.world.bob, s.world.alice, s.world.channel
        posted = await bob.send(channel, "look", attachments=[("cat.jpg", PHOTO)])
        noted = await bob.slash(channel, "privacy opt-out", alone=True)
        assert noted.response is not None
        assert noted.response.content.startswith("Noted: nobody")
        refused = await alice.context_menu(channel, "Restyle this", posted)
        assert refused.response is not None
        assert refused.response.ephemeral
        assert "wants nobody to restyle it" in refused.response.content
        # Their own pictures stay theirs to restyle.
        assert (await bob.context_menu(channel, "Restyle this", posted)).modal is not None
        await bob.slash(channel, "privacy opt-out", alone=False)
        assert (await alice.context_menu(channel, "Restyle this", posted)).modal is not None


async def test_who_opted_out_is_left_alone_as_an_avatar_and_as_the_last_picture(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as s:
        bob, alice, channel = s.world.bob, s.world.alice, s.world.channel
        await bob.slash(channel, "privacy opt-out", alone=True)
        refused = await alice.context_menu(channel, "Restyle avatar", bob)
        assert refused.modal is None
        assert refused.response is not None
        assert "wants nobody to restyle it" in refused.response.content
        named = await s.restyle(image=None, member=bob)
        assert "wants nobody to restyle it" in named.refusal
        # Their result is the newest picture here that the bot knows of.
        await (await s.restyle(bob)).outcome()
        assert "wants nobody to restyle it" in (await s.restyle(image=None)).refusal
        assert (await bob.context_menu(channel, "Restyle avatar", bob)).modal is not None
        await bob.slash(channel, "privacy opt-out", alone=False)
        assert (await alice.context_menu(channel, "Restyle avatar", bob)).modal is not None


async def test_what_an_opted_out_member_made_is_theirs_too(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        bob, alice, channel = s.world.bob, s.world.alice, s.world.channel
        made = await (await s.restyle(bob)).outcome()
        await bob.slash(channel, "privacy opt-out", alone=True)
        refused = await alice.context_menu(channel, "Restyle this", made)
        assert refused.response is not None
        assert "wants nobody to restyle it" in refused.response.content
        for label in ("Vary subtle", "Reroll"):
            asked = await s.press(made, label)
            assert "wants nobody to restyle it" in asked.refusal
        assert len((await (await s.press(made, "Vary subtle", bob)).outcome()).attachments) == 1
