"""Every way to a first picture: avatar, last picture, form, menus, words alone, a marked part."""

import io
from pathlib import Path
from typing import Any

import discord
import pytest
from discord import app_commands
from PIL import Image, ImageChops, ImageDraw

from bot.client import RestyleBot
from bot.demo.world import CDN_HOST
from bot.jobs.size import SCALE, Size
from storage.looks import LookOwner
from tests.bot.stage import PHOTO, Stage, shown, stage
from tests.engine.pictures import encoded, picture


async def test_a_members_avatar_is_restyled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord.Asset, "BASE", f"https://{CDN_HOST}")
    async with stage(tmp_path) as s:
        bob = s.world.bob
        for number in range(6):
            default = f"https://{CDN_HOST}/embed/avatars/{number}.png?size=1024"
            s.world.env.backend.cdn._blobs[default] = encoded(picture(128, 128))
        asked = await s.restyle(image=None, member=bob)
        message = await asked.outcome()
        assert len(message.attachments) == 1
        [attempt] = s.engine.attempts
        assert attempt.params.width == attempt.params.height
        form = await s.world.alice.context_menu(s.world.channel, "Restyle avatar", bob)
        asked.interaction = await s.world.alice.submit_modal(
            form, {"prompt": "neon", "strength": "0.4"}
        )
        assert "**neon**" in (await asked.outcome()).content


async def test_an_avatar_that_discord_does_not_hand_out_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(tmp_path) as s:
        assert "uploaded to Discord" in (await s.restyle(image=None, member=s.world.bob)).refusal
        monkeypatch.setattr(discord.Asset, "BASE", f"https://{CDN_HOST}")
        assert "did not hand me" in (await s.restyle(image=None, member=s.world.bob)).refusal


async def test_a_picture_and_a_member_are_one_too_many(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        assert "not both" in (await s.restyle(member=s.world.bob)).refusal


async def test_without_a_picture_the_channels_last_is_taken(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        alice, channel = s.world.alice, s.world.channel
        # Without the message-content intent the bot is not shown what others post …
        await alice.send(channel, attachments=[("unseen.png", encoded(picture(64, 96)))])
        assert "Please attach one" in (await s.restyle(image=None)).refusal
        # … unless it is mentioned with it.
        me = s.world.env.bot.user
        assert me is not None
        wide = encoded(picture(192, 64))
        await alice.send(channel, f"{me.mention} look", attachments=[("seen.png", wide)])
        await (await s.restyle(image=None)).outcome()
        params = s.engine.attempts[-1].params
        assert params.width / params.height == pytest.approx(3, rel=0.05)
        # Its own result is newer now.
        first = s.last_message
        await (await s.restyle(image=None, prompt="neon")).outcome()
        assert encoded(await shown(first)) == encoded(_opened(s.engine.attempts[-1].source))


async def test_where_it_may_not_read_its_own_result_is_known(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.world.env.inject_error("GET", "/channels/*/messages", status=403, code=50001, times=None)
        assert "Please attach one" in (await s.restyle(image=None)).refusal
        await s.result()
        await (await s.restyle(image=None, prompt="neon")).outcome()
        first, second = s.engine.attempts
        assert second.params.width == first.params.width
        assert second.source != first.source


async def test_restyle_alone_opens_a_form_with_an_upload(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        alice, channel = s.world.alice, s.world.channel
        form = await alice.slash(channel, "restyle")
        assert form.modal is not None
        labels = [row["label"] for row in form.modal["components"]]
        assert labels == ["Picture", "Prompt", "Look", "Strength", "How many"]
        values = {
            "image": ("photo.jpg", PHOTO),
            "prompt": "at night",
            "look": ["neon"],
            "strength": "bold",
            "count": ["2"],
        }
        asked = await s.restyle()
        await asked.outcome()
        asked.interaction = await alice.submit_modal(form, values)
        message = await asked.outcome()
        assert len(message.attachments) == 2
        params = s.engine.attempts[-1].params
        assert params.prompt == "at night, glowing neon lights, cyberpunk city at night"
        assert params.strength == 0.75
        assert "look neon" in message.content


async def test_what_was_said_with_the_command_stays_in_its_form(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        alice, channel = s.world.alice, s.world.channel
        said = {"strength": "bold", "count": 2, "seed": 5, "steps": 24, "size": "small"}
        form = await alice.slash(
            channel,
            "restyle",
            image=("photo.jpg", PHOTO),
            spoiler=True,
            negative_prompt="grey",
            **said,
        )
        assert form.modal is not None
        fields = [row["component"] for row in form.modal["components"]]
        [strength] = [one for one in fields if one["custom_id"] == "strength"]
        assert strength["value"] == "0.75"
        [count] = [one for one in fields if one["custom_id"] == "count"]
        assert [one["value"] for one in count["options"] if one.get("default")] == ["2"]
        values = {"prompt": "at night", "strength": strength["value"], "count": ["2"]}
        sent = await alice.submit_modal(form, values)
        assert sent.response is not None
        await s.app.watch.outcome(sent.response.id)
        made = [attempt.params for attempt in s.engine.attempts]
        assert sorted(one.seed for one in made) == [5, 6]
        for one in made:
            assert (one.strength, one.num_inference_steps) == (0.75, 24)
            # Of the usual size it would be 312 wide.
            assert (one.negative_prompt, one.width < 256) == ("grey", True)
        assert all(one.is_spoiler() for one in sent.response.message.attachments)


async def test_more_looks_than_a_menu_holds_are_typed(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        alice, channel = s.world.alice, s.world.channel
        for number in range(15):
            owner = LookOwner("guild", alice.guild.id)
            await s.app.looks.save(owner, f"house {number}", "{prompt} in blue", alice.id)
        assert (await look_field(s))["type"] == discord.ComponentType.select.value
        await s.app.looks.save(owner, "house 15", "{prompt} in green", alice.id)
        field = await look_field(s)
        assert field["type"] == discord.ComponentType.text_input.value
        form = await alice.slash(channel, "restyle", image=("photo.jpg", PHOTO))
        assert "The name of one of 26; /look list shows them all" in str(form.modal)
        values = {"prompt": "a gate", "strength": "0.5"}
        sent = await alice.submit_modal(form, values | {"look": "No Such"})
        assert "There is no look of that name here" in sent.followups[0].content
        form = await alice.slash(channel, "restyle", image=("photo.jpg", PHOTO))
        sent = await alice.submit_modal(form, values | {"look": "House 15"})
        assert sent.response is not None
        await s.app.watch.outcome(sent.response.id)
        assert s.engine.attempts[-1].params.prompt == "a gate in green"


async def look_field(s: Stage) -> dict[str, Any]:
    """The field for a look in the form of `/restyle`."""
    form = await s.world.alice.slash(s.world.channel, "restyle")
    assert form.modal is not None
    [field] = [row["component"] for row in form.modal["components"] if row["label"] == "Look"]
    return dict(field)


async def test_the_same_words_for_two_pictures_are_two_wishes(tmp_path: Path) -> None:
    """Nor is a form that led to nothing in the way of the next."""
    async with stage(tmp_path) as s:
        alice, channel = s.world.alice, s.world.channel
        for data in (PHOTO, encoded(picture(96, 64).rotate(180)), b"no picture", PHOTO):
            form = await alice.slash(channel, "restyle", image=("photo.jpg", data))
            result = await alice.submit_modal(form, {"look": ["neon"], "strength": "0.5"})
            if data != b"no picture":
                assert result.response is not None
                await s.app.watch.outcome(result.response.id)
        sources = [attempt.source for attempt in s.engine.attempts]
        assert len(sources) == 3
        assert sources[0] == sources[2] != sources[1]


async def test_a_form_without_words_or_with_a_bad_strength_is_refused(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        alice, channel = s.world.alice, s.world.channel
        asked = await s.restyle()
        await asked.outcome()
        for values, said in (
            ({"image": ("photo.jpg", PHOTO), "strength": "0.5"}, "how the picture should look"),
            ({"image": ("photo.jpg", PHOTO), "prompt": "x", "strength": "9"}, "Strength is"),
        ):
            form = await alice.slash(channel, "restyle")
            asked.interaction = await alice.submit_modal(form, values)
            assert said in asked.refusal
        assert len(s.engine.attempts) == 1


async def test_an_image_without_words_opens_the_form_without_upload(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        alice, channel = s.world.alice, s.world.channel
        form = await alice.slash(channel, "restyle", image=("photo.jpg", PHOTO))
        assert form.modal is not None
        assert "Picture" not in [row["label"] for row in form.modal["components"]]
        result = await alice.submit_modal(form, {"prompt": "neon", "strength": "0.5"})
        assert result.response is not None
        await s.app.watch.outcome(result.response.id)
        assert len(s.engine.attempts) == 1


async def test_imagine_needs_no_picture(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        asked = await s.command("imagine", prompt="a castle", shape="landscape", seed=5)
        message = await asked.outcome()
        [attempt] = s.engine.attempts
        width, height = attempt.params.width, attempt.params.height
        assert width / height == pytest.approx(1.5, rel=0.05)
        assert "**a castle** for <@" in message.content
        assert "strength" not in message.content
        assert message.attachments[0].description == "A picture made from the words: a castle"
        again = await (await s.press(message, "Reroll")).outcome()
        varied = await (await s.press(again, "Vary subtle")).outcome()
        assert [a.source is None for a in s.engine.attempts] == [True, True, False]
        assert len(varied.attachments) == 1


@pytest.mark.parametrize("size", list(Size))
async def test_sizes_keep_the_proportions_within_the_checkpoints_limits(
    tmp_path: Path, size: Size
) -> None:
    async with stage(tmp_path) as s:
        await s.result(size=size.value)
        params = s.engine.attempts[-1].params
        assert params.width / params.height == pytest.approx(96 / 64, rel=0.05)
        side = (params.width * params.height) ** 0.5
        assert side == pytest.approx(s.app.checkpoint.size * SCALE[size], rel=0.1)
        assert max(params.width, params.height) <= s.app.checkpoint.max_size
        assert params.width % s.app.checkpoint.multiple == 0


def marked_photo() -> tuple[bytes, bytes, Image.Image]:
    """A picture, a copy with a red stroke, and where the stroke is."""
    source = picture(96, 64)
    copy, where = source.copy(), Image.new("L", source.size)
    for image, ink in ((copy, (255, 0, 0)), (where, 255)):
        ImageDraw.Draw(image).rectangle((30, 16, 66, 48), fill=ink)
    return encoded(source), encoded(copy), where


@pytest.mark.parametrize("kind", ["red copy", "mask", "red on itself"])
async def test_inpaint_changes_the_marked_part_only(tmp_path: Path, kind: str) -> None:
    source, copy, where = marked_photo()
    marked: dict[str, dict[str, Any]] = {
        "red copy": {"image": ("a.png", source), "mask_image": ("b.png", copy)},
        "mask": {"image": ("a.png", source), "mask_image": ("b.png", encoded(where))},
        "red on itself": {"image": ("a.png", copy)},
    }
    options = marked[kind]
    async with stage(tmp_path) as s:
        message = await (await s.command("inpaint", prompt="a door", seed=100, **options)).outcome()
        [attempt] = s.engine.attempts
        assert attempt.mask is not None
        assert attempt.source is not None
        mask = _opened(attempt.mask).convert("L")
        wanted = where.resize(mask.size).point(lambda value: 255 if value > 127 else 0)
        differing = ImageChops.difference(mask, wanted).histogram()[255]
        assert differing < 0.1 * mask.width * mask.height
        result, before = await shown(message), _opened(attempt.source)
        difference = ImageChops.difference(result.convert("RGB"), before.convert("RGB"))
        # The paint engine's own WebP is a lossy one.
        changed = difference.convert("L").point(lambda level: 255 if level > 60 else 0).getbbox()
        assert changed is not None
        box = mask.getbbox()
        assert box is not None
        assert changed[0] >= box[0] - 8
        assert changed[2] <= box[2] + 8
        assert "of it anew" in message.content
        # Going on from it is about the whole picture, doing it again about the same part.
        await (await s.press(message, "Vary subtle")).outcome()
        assert s.engine.attempts[-1].mask is None
        await (await s.press(message, "Reroll")).outcome()
        assert s.engine.attempts[-1].mask == attempt.mask


async def test_what_is_marked_can_be_kept(tmp_path: Path) -> None:
    source, _, where = marked_photo()
    async with stage(tmp_path) as s:
        options: dict[str, Any] = {
            "image": ("a.png", source),
            "mask_image": ("b.png", encoded(where)),
        }
        await (await s.command("inpaint", prompt="x", marked="keep", **options)).outcome()
        mask = _opened(s.engine.attempts[0].mask).convert("L")
        assert mask.getpixel((mask.width // 2, mask.height // 2)) == 0
        assert mask.getpixel((2, 2)) == 255


async def test_inpaint_without_a_mark_is_refused_and_costs_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        blue = encoded(Image.new("RGB", (96, 64), "navy"))
        asked = await s.command("inpaint", prompt="a door", image=("a.png", blue))
        assert "nothing marked" in asked.refusal
        tall = encoded(Image.new("L", (32, 96), 255))
        asked = await s.command(
            "inpaint", prompt="a door", image=("a.png", blue), mask_image=("m.png", tall)
        )
        assert "does not fit" in asked.refusal
        assert "used 0 of 20" in await s.balance()


async def test_a_checkpoint_is_chosen_where_several_are_offered(tmp_path: Path) -> None:
    table = tmp_path / "more.toml"
    table.write_text(
        '[second]\nsource = "embedded"\nfamily = "sd"\nstrength = 0.35\nsize = 192\n'
        '[editor]\nsource = "embedded"\nfamily = "stock"\ntakes_strength = false\n'
        "takes_negative_prompt = false\n"
    )
    async with stage(tmp_path, checkpoints="second,editor", checkpoints_file=table) as s:
        alice, channel = s.world.alice, s.world.channel
        offered = await alice.autocomplete(channel, "restyle", "checkpoint", "")
        assert [choice["value"] for choice in offered] == ["embedded", "second", "editor"]
        message = await s.result(checkpoint="second")
        params = s.engine.attempts[-1].params
        assert (params.checkpoint, params.strength) == ("second", 0.35)
        assert "· second ·" in message.content
        # What it cannot honour is refused, not left out.
        cases: list[tuple[dict[str, Any], str]] = [
            ({"checkpoint": "editor", "strength": "0.4"}, "takes no strength"),
            ({"checkpoint": "editor", "negative_prompt": "x"}, "takes no negative prompt"),
            ({"checkpoint": "nobody"}, "no such checkpoint"),
        ]
        for options, said in cases:
            assert said in (await s.restyle(**options)).refusal
        refused = await s.command("imagine", prompt="x", checkpoint="editor")
        assert "words alone" in refused.refusal
        edited = await s.result(checkpoint="editor")
        assert "the same" in (await s.press(edited, "Strength strip")).refusal
        assert "cannot enlarge" in (await s.press(edited, "Upscale")).refusal
        # A picture of a checkpoint that is not offered any more goes on with the default one.
        await s.restart()
        varied = await (await s.press(message, "Vary subtle")).outcome()
        assert "second is not offered any more" in varied.content
        assert s.engine.attempts[-1].params.checkpoint == "embedded"
        assert s.engine.attempts[-1].source_latents is None


async def test_the_option_is_not_there_where_there_is_no_choice(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        commands = {one.name: one for one in _tree(s).get_commands(type=None)}
        restyle = commands["restyle"]
        assert isinstance(restyle, app_commands.Command)
        names = [option.name for option in restyle.parameters]
        assert "checkpoint" not in names
        assert "look" in names


def _tree(s: Stage) -> app_commands.CommandTree[RestyleBot]:
    bot = s.world.env.bot
    assert isinstance(bot, RestyleBot)
    return bot.tree


def _opened(data: bytes | None) -> Image.Image:
    assert data is not None
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image.copy()
