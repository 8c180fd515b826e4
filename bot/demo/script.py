"""The scripted round trip: `/restyle`, Vary, Reroll, Remix, each from the result before."""

from importlib.resources import files
from pathlib import Path

import discord
import simcord

from bot.demo.sheet import Shown
from bot.demo.transcript import Transcript
from bot.demo.world import World
from bot.errors import RestyleError

PHOTO = "temple.jpg"
PROMPT = "an impressionist oil painting at sunset"
STRENGTH = 0.6
SEED = 7
REMIX_PROMPT = "stained glass"
REMIX_STRENGTH = "bold"


class DemoFailed(RestyleError):
    """The bot did not answer as it should."""


def photo_bytes(name: str = PHOTO) -> bytes:
    """One of the sample photos; their licences stand beside them."""
    return (files("bot.demo") / "photos" / name).read_bytes()


async def run_script(world: World, folder: Path) -> list[Shown]:
    """Play the round trip, save all of it in ``folder``, and return the pictures in order."""
    transcript = Transcript(folder)
    photo = photo_bytes()
    alice, channel = world.alice, world.channel
    options = f'prompt="{PROMPT}" strength={STRENGTH} seed={SEED}'
    transcript.did("Alice", "/restyle", options, {f"0-source{Path(PHOTO).suffix}": photo})
    shown = [Shown(title="the photo", path=folder / f"0-source{Path(PHOTO).suffix}")]

    async def answer(name: str, title: str, result: simcord.InteractionResult) -> discord.Message:
        message = await _outcome(world, result)
        shown.append(Shown(title=title, path=await transcript.answered(name, message)))
        return message

    result = await alice.slash(
        channel, "restyle", image=(PHOTO, photo), prompt=PROMPT, strength=str(STRENGTH), seed=SEED
    )
    first = await answer("1-restyle", f"/restyle {PROMPT}", result)
    transcript.did("Alice", "press", "Vary subtle", {})
    varied = await answer("2-vary", "Vary subtle", await alice.click(first, label="Vary subtle"))
    transcript.did("Alice", "press", "Reroll", {})
    await answer("3-reroll", "Reroll", await alice.click(first, label="Reroll"))
    transcript.did("Alice", "press", "Remix", {})
    form = await alice.click(varied, label="Remix")
    values = {"prompt": REMIX_PROMPT, "strength": REMIX_STRENGTH}
    transcript.did("Alice", "submit", f"{REMIX_PROMPT}, {REMIX_STRENGTH}", {})
    await answer("4-remix", f"Remix: {REMIX_PROMPT}", await alice.submit_modal(form, values))
    transcript.save()
    return shown


async def _outcome(world: World, result: simcord.InteractionResult) -> discord.Message:
    """The message of a job, once it shows how the job ended."""
    if result.response is None or result.response.ephemeral:
        said = [reply.content for reply in result.followups]
        raise DemoFailed(f"The bot did not take the job on: {' '.join(said) or 'no answer'}")
    await world.app.watch.outcome(result.response.id)
    # Looked up anew: what the response holds is a copy from before the result.
    message = result.response.message
    if not message.attachments:
        raise DemoFailed(f"The bot answered without a picture: {message.content}")
    return message
