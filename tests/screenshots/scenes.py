"""What is played for the screenshots: each kind of message, form and card once."""

import asyncio

import discord
from PIL import Image

from engine.events import Failed
from tests.engine.pictures import encoded
from tests.screenshots.player import CAT, Player

# Stands in every message with results, and in none before them.
OUTCOME = "seed "
# The content check's model scores such a picture about 0.21, so with lines around that it doubts.
DOUBTFUL = encoded(Image.new("RGB", (96, 64), (224, 172, 140)), "PNG")
DOUBTING = {
    "content_check": "opennsfw",
    "content_review_score": 0.1,
    "content_refuse_score": 0.99,
}


async def waiting(p: Player) -> discord.Message:
    """A job that runs and one that waits; the first one's result."""
    # Once one was made it is known how long the next will take.
    await p.outcome(await p.restyle(size="medium", strength="0.8"))
    p.engine.gate.clear()
    running = await p.restyle(size="medium", strength="0.8")
    assert running.response is not None
    queued = await p.restyle(p.world.bob, prompt="a pencil sketch")
    assert queued.response is not None
    while not running.response.message.attachments:  # noqa: ASYNC110  # simcord tells of nothing
        await asyncio.sleep(0.05)
    await p.album.take("queued", queued.response.message)
    await p.album.take("progress", running.response.message)
    p.engine.gate.set()
    result = await p.outcome(running)
    await p.outcome(queued)
    await p.album.take("result", result, OUTCOME)
    return result


async def going_on(p: Player, result: discord.Message) -> None:
    """What the buttons of a result make and show."""
    varied = await p.outcome(await p.press(result, "Vary subtle"))
    again = await p.outcome(await p.press(varied, "Vary strong"))
    # As long as the tree is small enough for one picture of it.
    await p.answer("lineage", "lineage")
    strip = await p.outcome(await p.press(again, "Strength strip"))
    await p.album.take("strip", strip, OUTCOME)
    sheet = strip.components[0]
    assert isinstance(sheet, discord.ActionRow)
    [menu] = sheet.children
    assert isinstance(menu, discord.SelectMenu)
    await p.take("picked", await p.world.alice.select(strip, [menu.options[2].value]))
    compared = await p.press(varied, "Compare")
    await p.take("compare", compared)
    assert compared.response is not None
    await p.take("compare-posted", await p.press(compared.response.message, "Post it here"))
    more = await p.press(varied, "⋯")
    shown = await p.take("more", more)
    await p.take("back", await p.press(shown, "Back"))
    larger = await p.outcome(await p.press(varied, "Upscale"))
    await p.album.take("upscale", larger, OUTCOME)
    gallery = await p.outcome(await p.restyle(count=4, prompt="a soft watercolour wash on paper"))
    await p.album.take("gallery", gallery, OUTCOME)
    hidden = await p.outcome(await p.restyle(spoiler=True, prompt="a comic book panel"))
    await p.album.take("spoiler", hidden, OUTCOME)


async def forms(p: Player, result: discord.Message) -> None:
    """Each form as it opens."""
    await p.album.take_form("form-restyle", lambda page: page.send("/restyle"))
    await p.album.take_form("form-remix", lambda page: page.press(result.id, "Remix"))
    await p.album.take_form("form-report", lambda page: page.press(result.id, "Report"))
    await p.world.bob.slash(p.world.channel, "quota ask", amount=5, why="A wedding on Saturday")
    card = p.newest()
    await p.album.take("request", card)
    await p.album.take_form("form-less", lambda page: page.press(card.id, "Approve less"))
    await p.decide("request-decided", card, "Approve")


async def endings(p: Player) -> None:
    """Jobs that come to no picture."""
    p.engine.gate.clear()
    asked = await p.restyle()
    assert asked.response is not None
    await p.world.app.watch.progress(asked.response.id)
    await p.world.alice.click(asked.response.message, label="Cancel")
    p.engine.gate.set()
    await p.album.take("cancelled", await p.outcome(asked), "ancelled")
    told = "The device has no memory left for a picture of this size."
    p.engine.fails.append(Failed("", 0, "no_room", told, retryable=False))
    await p.album.take("failed", await p.outcome(await p.restyle()), "memory")
    part = await p.world.alice.slash(
        p.world.channel, "inpaint", image=("cat.jpg", CAT.read_bytes()), prompt="a hat"
    )
    await p.take("refusal-mark", part)


async def seeing(p: Player) -> None:
    """What there is to look up."""
    for name, path in (
        ("history", "history"),
        ("quota", "quota me"),
        ("looks", "look list"),
        ("help", "help"),
        ("about", "about"),
        ("export", "privacy export"),
        ("privacy", "privacy delete"),
        ("setup", "setup"),
        ("rules", "mod rules"),
        ("log", "mod log"),
        ("quota-rules", "mod quota rules"),
        ("usage", "mod usage"),
        ("status", "status"),
    ):
        await p.answer(name, path)
    await p.answer("gift", "quota gift", member=p.world.bob, amount=1)


async def moderating(p: Player, result: discord.Message) -> None:
    """Refusals, and a report as the moderators get it and decide it."""
    await p.take("refusal", await p.restyle(strength="everything"))
    form = await p.world.bob.click(result, label="Report")
    await p.world.bob.submit_modal(form, {"reason": "That is my cat."})
    card = p.newest()
    await p.album.take("report", card)
    await p.decide("report-decided", card, "Dismiss")


async def doubting(p: Player) -> None:
    """A picture that the content check doubts: what its member and the moderators see."""
    await p.restyle(p.world.bob, image=("picture.png", DOUBTFUL))
    await p.album.take("doubt", p.newest())
