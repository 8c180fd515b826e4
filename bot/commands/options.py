"""What the commands that make pictures have in common: options, choices, and what they offer."""

from inspect import signature
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.jobs.beginning import FirstWish
from bot.jobs.size import Shape
from bot.jobs.wish import MAX_COUNT
from bot.language import _
from bot.looks.shelf import Shelf, Shelved
from bot.offer import Offer
from bot.place import guild_of
from bot.quota.choices import counts, lengths, parse_size, sizes
from bot.strength import parse_strength, strength_choices
from engine.resolve import MAX_STEPS

if TYPE_CHECKING:
    from bot.client import RestyleBot

# Discord's clients are written in JavaScript: an integer option goes up to 2**53.
MAX_SEED = 2**53 - 1
# Room for "0.05", "60 %" or a word.
STRENGTH_CHARS = 20
# Discord's own limit on a string option.
OPTION_MAX_CHARS = 6000
MAX_CHOICES = 25

Seed = app_commands.Range[int, 0, MAX_SEED]
Count = app_commands.Range[int, 1, MAX_COUNT]
Steps = app_commands.Range[int, 1, MAX_STEPS]
Strength = app_commands.Range[str, 1, STRENGTH_CHARS]

DESCRIPTIONS = {
    "prompt": "How it should look, for example: an oil painting at dusk",
    "image": "The picture to start from",
    "member": "Whose avatar to start from",
    "look": "A saved look to put your words into",
    "strength": "0.05 to 1.0, or subtle, balanced, bold, reinvent",
    "size": "How large the result is; large ones may cost more",
    "shape": "Its proportions",
    "count": "How many pictures, each with a seed of its own",
    "steps": "How many steps it is made in; many take longer and may cost more",
    "checkpoint": "Which model makes it",
    "seed": "The same seed, picture and prompt give the same result",
    "negative_prompt": "What should not be in it",
    "spoiler": "True: the result is hidden until it is clicked",
    "mask_image": "White where it is painted anew, or a copy with that part in bright red",
    "marked": "What happens to the marked part",
}
KEEP = "keep"
CHOICES = {
    "shape": [app_commands.Choice(name=shape.value, value=shape.value) for shape in Shape],
    "marked": [
        app_commands.Choice(name="replace it", value="replace"),
        app_commands.Choice(name="keep it, replace all else", value=KEEP),
    ],
}


def command_from(
    callback: Any, description: str, offer: Offer
) -> app_commands.Command[Any, ..., None]:
    """The command of the callback's name, with what its options are described and offered as."""
    if len(offer.names) == 1:
        _take_off(callback, "checkpoint")
    names = list(signature(callback).parameters)[1:]
    app_commands.describe(**{name: DESCRIPTIONS[name] for name in names})(callback)
    app_commands.choices(**{name: CHOICES[name] for name in names if name in CHOICES})(callback)
    app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)(callback)
    app_commands.allowed_installs(guilds=True, users=True)(callback)
    command: app_commands.Command[Any, ..., None] = app_commands.command(
        name=callback.__name__, description=description
    )(callback)
    _offer_values(command, offer)
    return command


def _take_off(callback: Any, name: str) -> None:
    # discord.py reads a command's options off its signature (PEP 362); what is called is the same
    # function, which has a default for the option that is not there.
    whole = signature(callback)
    kept = [one for key, one in whole.parameters.items() if key != name]
    callback.__signature__ = whole.replace(parameters=kept)


def first_wish(
    *,
    prompt: str | None,
    strength: str | None = None,
    size: str | None = None,
    shape: str | None = None,
    count: int | None = None,
    steps: int | None = None,
    checkpoint: str | None = None,
    seed: int | None = None,
    negative_prompt: str | None = None,
    spoiler: bool | None = None,
) -> FirstWish:
    """Read the options as a member gave them, all but the look, which asks the database.

    Raises:
        MemberError: The strength makes no sense.
    """
    return FirstWish(
        prompt=prompt or "",
        # A text, since Discord's number options take no words and no comma.
        strength=None if strength is None else parse_strength(strength),
        size=parse_size(size),
        shape=Shape(shape or Shape.SQUARE),
        count=1 if count is None else count,
        num_inference_steps=steps,
        checkpoint=checkpoint,
        seed=seed,
        negative_prompt=negative_prompt or "",
        spoiler=bool(spoiler),
    )


def _offer_values(command: app_commands.Command[Any, ..., None], offer: Offer) -> None:
    names = {parameter.name for parameter in command.parameters}
    if "count" in names:
        command.autocomplete("count")(counts)
    if "size" in names:
        command.autocomplete("size")(sizes)
    if "steps" in names:
        command.autocomplete("steps")(lengths)
    if "strength" in names:

        async def strengths(
            _: "discord.Interaction[RestyleBot]", typed: str
        ) -> list[app_commands.Choice[str]]:
            return strength_choices(typed)

        command.autocomplete("strength")(strengths)
    if "look" in names:

        async def looks(
            interaction: "discord.Interaction[RestyleBot]", typed: str
        ) -> list[app_commands.Choice[str]]:
            return await look_choices(interaction.client.app.looks, interaction, typed)

        command.autocomplete("look")(looks)
    if "checkpoint" in names:

        async def checkpoints(
            _: "discord.Interaction[RestyleBot]", typed: str
        ) -> list[app_commands.Choice[str]]:
            found = [name for name in offer.names if typed.lower() in name.lower()]
            return [app_commands.Choice(name=name, value=name) for name in found[:MAX_CHOICES]]

        command.autocomplete("checkpoint")(checkpoints)


async def look_choices(
    shelf: Shelf, interaction: discord.Interaction[Any], typed: str
) -> list[app_commands.Choice[str]]:
    """The looks that a member may use here, as autocomplete offers them."""
    found = await shelf.all_for(guild_of(interaction), interaction.user.id)
    wanted = typed.strip().lower()
    return [
        app_commands.Choice(name=shown_choice(saved), value=saved.look.name)
        for saved in found
        if wanted in saved.look.name.lower()
    ][:MAX_CHOICES]


def shown_choice(saved: Shelved) -> str:
    """A look in a list of choices, which have at most 100 characters."""
    whose = _(saved.whose)
    return f"{saved.look.name} ({whose})"[:100]
