"""History, lineage and Compare show a picture as its message does, and only where that may be."""

import io
from pathlib import Path

import simcord
from PIL import Image

from tests.bot.moderation.test_rules import moderator, restrict
from tests.bot.stage import Asked, Stage, shown, stage
from tests.bot.test_see import texts_in, told
from tests.engine.pictures import encoded, picture

HERE_THEY_MAY_NOT = "here they may not"


def glass() -> tuple[str, bytes]:
    """A picture that is transparent at the top."""
    half = picture(96, 64).convert("RGBA")
    half.putalpha(Image.linear_gradient("L").resize((96, 64)))
    return "glass.png", encoded(half, "PNG")


async def adults(s: Stage) -> simcord.ChannelHandle:
    """A channel in which explicit pictures may be shown, so nobody checks them."""
    channel = s.world.alice.guild.create_text_channel("adults")
    restrict(s, channel)
    options = {"channel": channel, "permitted": True}
    await moderator(s).slash(s.world.channel, "mod channel explicit", **options)
    return channel


async def test_what_nobody_checked_is_not_shown_where_it_may_not_be(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        alice, channel = s.world.alice, await adults(s)
        made = {"image": glass(), "prompt": "a door"}
        first = Asked(s, await alice.slash(channel, "restyle", **made))
        assert (await first.outcome()).attachments
        await s.result(prompt="a window", image=glass())
        page = await told(s, "history")
        assert len(page.message.attachments) == 1
        heading, window, door = texts_in(page.message)
        assert "2 in all" in heading
        assert HERE_THEY_MAY_NOT in door
        assert HERE_THEY_MAY_NOT not in window
        there = await alice.slash(channel, "history")
        assert there.response is not None
        assert len(there.response.message.attachments) == 2
        assert HERE_THEY_MAY_NOT not in "".join(texts_in(there.response.message))
        [job] = await s.app.database.members.shown_in(first.message_id)
        pictures = []
        for where in (s.world.channel, channel):
            tree = await alice.slash(where, "lineage", picture=job.id)
            assert tree.response is not None
            assert (HERE_THEY_MAY_NOT in tree.response.content) is (where is s.world.channel)
            pictures.append(encoded(await shown(tree.response.message)))
        assert pictures[0] != pictures[1]


async def test_transparency_is_seen_in_history_and_compare(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        made = await s.result(image=glass())
        whole = await shown(made)
        assert whole.mode == "RGBA"
        page = await told(s, "history")
        [attachment] = page.message.attachments
        with Image.open(io.BytesIO(await attachment.read())) as small:
            assert clear(small, small.width // 2, 0)
        varied = await (await s.press(made, "Vary strong")).outcome()
        pair = await shown((await s.press(varied, "Compare")).message)
        for x in (4, pair.width - 4):
            assert clear(pair, x, 0)
            assert not clear(pair, x, pair.height - 1)


def clear(image: Image.Image, x: int, y: int) -> bool:
    """Whether a pixel is nearly transparent."""
    pixel = image.convert("RGBA").getpixel((x, y))
    assert isinstance(pixel, tuple)
    return pixel[3] < 30
