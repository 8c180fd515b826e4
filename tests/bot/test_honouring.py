"""What a checkpoint cannot honour is refused with a sentence, by whatever way it is asked for.

The engine's own rules are the judge: whatever the bot lets pass is resolved as the engine does it,
and nothing may be left out there.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.commands.options import DESCRIPTIONS
from bot.errors import NotAllowed
from bot.jobs.honouring import honoured
from bot.jobs.size import Size, makes_a_difference
from bot.jobs.spec import Action, JobSpec
from bot.jobs.wish import Wish
from bot.offer import Offer, check_ability
from engine.checkpoints import Checkpoint, load_checkpoints
from engine.errors import InvalidParams
from engine.params import Attempt, RestyleParams
from engine.resolve import NO_STRENGTH, resolve
from tests.bot.stage import PHOTO, Asked, Stage, buttons, stage
from tests.engine.pictures import encoded

# One of each kind, by what it does not do.
KINDS = """
[turbo]
source = "embedded"
family = "sd"
size = 128
max_size = 256
guidance_scale = 0.0

[lcm]
source = "embedded"
family = "sd"
size = 128
max_size = 256
guidance_scale = 8.0
takes_negative_prompt = false

[flux]
source = "embedded"
family = "flux"
size = 128
max_size = 256
guidance_scale = 3.5
multiple = 16

[editor]
source = "embedded"
family = "stock"
size = 128
max_size = 256
strength = 0.6
takes_strength = false
takes_negative_prompt = false

[instructed]
source = "embedded"
family = "stock"
size = 128
max_size = 256
strength = 0.6
takes_strength = false
guidance_scale = 4.0

[onesize]
source = "embedded"
family = "sd"
size = 128
max_size = 128
"""
WITHOUT_STRENGTH = ("editor", "instructed")
NAMES = ("embedded", "turbo", "lcm", "flux", "editor", "instructed", "onesize")
STRENGTH, NEGATIVE, WORDS, PART, LARGE = (
    "takes no strength",
    "takes no negative prompt",
    "from words alone",
    "paint a part",
    "one size only",
)
# Command, options, and what each kind says to it; kinds that are not named take it.
COMMANDS: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("restyle", {}, {}),
    ("restyle", {"strength": "0.4"}, {"editor": STRENGTH, "instructed": STRENGTH}),
    (
        "restyle",
        {"negative_prompt": "grey"},
        {"turbo": NEGATIVE, "lcm": NEGATIVE, "flux": NEGATIVE, "editor": NEGATIVE},
    ),
    ("restyle", {"size": "large"}, {"onesize": LARGE}),
    ("restyle", {"steps": 24}, {}),
    ("imagine", {"steps": 24}, {"editor": WORDS, "instructed": WORDS}),
    ("inpaint", {"steps": 24}, {"editor": PART, "instructed": PART}),
    ("restyle", {"size": "small", "count": 2, "seed": 5, "spoiler": True, "look": "neon"}, {}),
    ("imagine", {}, {"editor": WORDS, "instructed": WORDS}),
    (
        "imagine",
        {"negative_prompt": "grey"},
        {
            **dict.fromkeys(("turbo", "lcm", "flux"), NEGATIVE),
            **dict.fromkeys(WITHOUT_STRENGTH, WORDS),
        },
    ),
    (
        "imagine",
        {"size": "large", "shape": "portrait"},
        {"onesize": LARGE, "editor": WORDS, "instructed": WORDS},
    ),
    ("inpaint", {"strength": "0.4"}, {"editor": PART, "instructed": PART}),
    (
        "inpaint",
        {"negative_prompt": "grey"},
        {
            **dict.fromkeys(("turbo", "lcm", "flux"), NEGATIVE),
            **dict.fromkeys(WITHOUT_STRENGTH, PART),
        },
    ),
]
# What every checkpoint can do, whatever it is; guidance and samplers no member is asked for.
ANYHOW = {"prompt", "image", "member", "look", "count", "checkpoint", "seed", "spoiler"}
# What each kind says to the buttons under its own result.
BUTTONS: list[tuple[str, str]] = [
    ("Vary subtle", "knows no variations"),
    ("Vary strong", "knows no variations"),
    ("V1", "knows no variations"),
    ("Strength strip", "the same"),
    ("Upscale", "cannot enlarge"),
    ("Reroll", ""),
]


def kinds(folder: Path) -> dict[str, Any]:
    table = folder / "kinds.toml"
    table.write_text(KINDS)
    return {"checkpoints": ",".join(NAMES[1:]), "checkpoints_file": table, "daily_quota": 500}


def resolved(attempt: Attempt, offer: Offer) -> tuple[str, ...]:
    """What the engine says to an attempt; it raises where it refuses."""
    params = attempt.params
    upscaling = False
    if attempt.source is not None:
        with Image.open(io.BytesIO(attempt.source)) as source:
            upscaling = source.width < params.width and source.height < params.height
    row = offer.named(params.checkpoint)
    return resolve(params, row, attempt.task, upscaling=upscaling)[1]


async def asked_by(s: Stage, command: str, options: dict[str, Any]) -> Asked:
    given = {"prompt": "a door"} | options
    if command == "restyle":
        return await s.restyle(**given)
    if command == "inpaint":
        mask = encoded(Image.new("L", (96, 64), 255), "PNG")
        given |= {"image": ("photo.jpg", PHOTO), "mask_image": ("mask.png", mask)}
    return await s.command(command, **given)


def test_no_option_is_missing_here() -> None:
    tried = {name for _, options, _ in COMMANDS for name in options}
    # A mask comes with every `/inpaint`; which part it marks is the bot's own business.
    assert set(DESCRIPTIONS) == ANYHOW | tried | {"mask_image", "marked"}
    assert {"strength", "size", "shape", "steps", "negative_prompt"} <= tried


@pytest.mark.timeout(300)
async def test_commands(tmp_path: Path) -> None:
    async with stage(tmp_path, **kinds(tmp_path)) as s:
        for command, options, refused in COMMANDS:
            for name in NAMES:
                asked = await asked_by(s, command, options | {"checkpoint": name})
                case = (command, options, name)
                if name in refused:
                    assert refused[name] in asked.refusal, case
                    continue
                message = await asked.outcome()
                assert message.attachments, case
                params = s.engine.attempts[-1].params
                assert params.checkpoint == name
                if "strength" in options:
                    assert params.strength == 0.4, case
                assert params.negative_prompt == options.get("negative_prompt", ""), case
                assert params.num_inference_steps == options.get("steps"), case
        assert {resolved(one, s.app.offer) for one in s.engine.attempts} == {()}


async def test_buttons(tmp_path: Path) -> None:
    async with stage(tmp_path, **kinds(tmp_path)) as s:
        for name in NAMES:
            alone = await s.result(checkpoint=name)
            several = await s.result(checkpoint=name, count=2, prompt="a gate")
            for label, said in BUTTONS:
                asked = await s.press(several if label == "V1" else alone, label)
                if name in WITHOUT_STRENGTH and said:
                    assert said in asked.refusal, (name, label)
                else:
                    assert (await asked.outcome()).attachments, (name, label)
                    assert s.engine.attempts[-1].params.checkpoint == name
        assert {resolved(one, s.app.offer) for one in s.engine.attempts} == {()}


@pytest.mark.parametrize("name", NAMES)
async def test_forms_ask_for_a_strength_only_where_it_means_something(
    tmp_path: Path, name: str
) -> None:
    options = kinds(tmp_path) | {"checkpoint": name}
    async with stage(tmp_path, **options) as s:
        alice, channel = s.world.alice, s.world.channel
        takes = name not in WITHOUT_STRENGTH
        first = await s.result()
        forms = [
            (await alice.slash(channel, "restyle"), {"image": ("photo.jpg", PHOTO)}),
            (await alice.context_menu(channel, "Restyle this", first), {}),
            ((await s.press(first, "Remix")).interaction, {}),
        ]
        for number, (form, brought) in enumerate(forms):
            assert form.modal is not None
            labels = [row.get("label") for row in form.modal["components"]]
            assert ("Strength" in labels) == takes
            values = {"prompt": f"neon {number}"} | brought
            values |= {"strength": "0.4"} if takes else {}
            message = await Asked(s, await alice.submit_modal(form, values)).outcome()
            assert message.attachments
            assert s.engine.attempts[-1].params.strength == (0.4 if takes else 0.6)
        assert {resolved(one, s.app.offer) for one in s.engine.attempts} == {()}


async def test_what_a_picture_brings_along_is_held_against_a_new_checkpoint(tmp_path: Path) -> None:
    async with stage(tmp_path, **kinds(tmp_path)) as s:
        plain = await s.result(size="large")
        unwanted = await s.result(negative_prompt="grey", prompt="a gate")
        strong = await s.result(strength="0.9", prompt="a door")
        part = await (await asked_by(s, "inpaint", {})).outcome()
        words = await (await asked_by(s, "imagine", {})).outcome()
        await s.restart(**kinds(tmp_path) | {"checkpoint": "flux", "checkpoints": ""})
        for label in ("Reroll", "Vary subtle", "Remix"):
            assert NEGATIVE in (await s.press(unwanted, label)).refusal
        # FLUX takes sides of other multiples.
        varied = await (await s.press(plain, "Vary subtle")).outcome()
        assert "embedded is not offered any more" in varied.content
        assert resolved(s.engine.attempts[-1], s.app.offer) == ()
        await s.restart(**kinds(tmp_path) | {"checkpoint": "editor", "checkpoints": ""})
        refused = (await s.press(strong, "Reroll")).refusal
        assert "takes no strength, and that picture has one; please use Remix." in refused
        assert PART in (await s.press(part, "Reroll")).refusal
        assert WORDS in (await s.press(words, "Reroll")).refusal
        await s.restart(**kinds(tmp_path) | {"checkpoint": "onesize", "checkpoints": ""})
        smaller = await (await s.press(plain, "Reroll")).outcome()
        assert "onesize makes no picture as large as that" in smaller.content
        assert resolved(s.engine.attempts[-1], s.app.offer) == ()
        assert "used 0" not in await s.balance()


async def test_steps_that_another_checkpoint_does_not_take_are_told_of(tmp_path: Path) -> None:
    async with stage(tmp_path, **kinds(tmp_path)) as s:
        many = await s.result(steps=24)
        usual = await s.result()
        # Where the checkpoint is still there, they hold for what comes after as well.
        varied = await (await s.press(many, "Vary subtle")).outcome()
        assert s.engine.attempts[-1].params.num_inference_steps == 24
        assert "number of steps" not in varied.content
        await s.restart(**kinds(tmp_path) | {"checkpoint": "flux", "checkpoints": ""})
        told = "-# flux makes it in its own number of steps, not in 24."
        for label in ("Vary subtle", "Reroll"):
            assert told in (await (await s.press(many, label)).outcome()).content
            assert s.engine.attempts[-1].params.num_inference_steps is None
        assert "number of steps" not in (await (await s.press(usual, "Reroll")).outcome()).content


async def test_forms_tell_what_cannot_be_before_they_are_filled_in(tmp_path: Path) -> None:
    async with stage(tmp_path, **kinds(tmp_path)) as s:
        asked = await s.restyle(prompt=None, checkpoint="editor", strength="0.4")
        assert "editor takes no strength; please leave it out." in asked.refusal
        asked = await s.restyle(prompt=None, checkpoint="turbo", negative_prompt="grey")
        assert NEGATIVE in asked.refusal
        # A checkpoint that is named is the one whose strength is asked for.
        asked = await s.restyle(prompt=None, checkpoint="editor")
        assert asked.interaction.modal is not None
        assert "Strength" not in [row.get("label") for row in asked.interaction.modal["components"]]


async def test_an_enlarged_picture_is_gone_on_from_at_a_size_that_is_made(tmp_path: Path) -> None:
    async with stage(tmp_path, **kinds(tmp_path)) as s:
        larger = await (await s.press(await s.result(checkpoint="onesize"), "Upscale")).outcome()
        assert s.engine.attempts[-1].params.width > 128
        varied = await (await s.press(larger, "Vary strong")).outcome()
        assert "no picture as large as that" in varied.content
        again = await (await s.press(larger, "Reroll")).outcome()
        # Made again from its smaller source, it is as large as before.
        assert "no picture as large" not in again.content
        assert "Upscale" in buttons(again)
        assert {resolved(one, s.app.offer) for one in s.engine.attempts} == {()}


# Every checkpoint that ships, without any picture: bot and engine agree.


@dataclass(frozen=True)
class Asks:
    """What a member may ask of one checkpoint."""

    row: Checkpoint
    changes: dict[str, Any]
    task: Any


def all_asks() -> Iterator[Asks]:
    for row in load_checkpoints().values():
        for task in ("img2img", "text2img", "inpaint"):
            for changes in ({}, {"strength": 0.35}, {"negative_prompt": "grey"}):
                if not (task == "text2img" and "strength" in changes):
                    yield Asks(row, changes, task)


@pytest.mark.parametrize(
    "asks", list(all_asks()), ids=lambda a: f"{a.row.name} {a.task} {a.changes}"
)
def test_bot_and_engine_agree_on_every_checkpoint(asks: Asks) -> None:
    row = asks.row
    wanted: dict[str, Any] = {"prompt": "x", "strength": row.strength} | asks.changes
    params = RestyleParams(
        **wanted,
        seed=1,
        width=row.size,
        height=row.size,
        checkpoint=row.name,
    )
    strength, negative = asks.changes.get("strength"), params.negative_prompt
    try:
        check_ability(row, asks.task, strength=strength, negative_prompt=negative)
    except NotAllowed:
        assert ignored_by_the_engine(params, row, asks.task)
    else:
        exact, notes = resolve(params, row, asks.task)
        assert (exact.negative_prompt, notes) == (negative, ())
        if row.abilities.takes_strength and asks.task != "text2img":
            assert exact.strength == params.strength


def ignored_by_the_engine(params: RestyleParams, row: Checkpoint, task: Any) -> bool:
    """Whether it would refuse, or leave the strength out."""
    try:
        return resolve(params, row, task)[1] == (NO_STRENGTH,)
    except InvalidParams:
        return True


@pytest.mark.parametrize("row", load_checkpoints().values(), ids=lambda row: row.name)
def test_every_checkpoint_that_ships_has_three_sizes(row: Checkpoint) -> None:
    for size in Size:
        assert makes_a_difference(row, size, 3000, 2000)
    # A panorama is as long as the checkpoint makes it, whatever is asked for.
    assert not makes_a_difference(row, Size.LARGE, row.max_size, 64)


# Upscale and the strip refuse a checkpoint without strength themselves, as the buttons' test shows.
@pytest.mark.parametrize("action", [one for one in Action if one not in ("upscale", "strip")])
def test_whatever_moves_to_another_checkpoint_is_refused_or_made_as_asked(action: Action) -> None:
    table = load_checkpoints().values()
    verdicts = {moves(action, before, after) for before in table for after in table}
    # What only edits makes neither pictures from words nor parts; the rest is in the buttons' test.
    if action in (Action.IMAGINE, Action.INPAINT, Action.VARY_SUBTLE):
        assert verdicts == {True, False}


def moves(action: Action, before: Checkpoint, after: Checkpoint) -> bool:
    """Whether a picture of one checkpoint is gone on from by another; if so, as it was asked."""
    side, strength = before.size, 0.35 if before.abilities.takes_strength else before.strength
    spec = JobSpec(
        params=RestyleParams(
            prompt="x", strength=strength, seed=1, width=side, height=side, checkpoint=before.name
        ),
        source_hash=None if action is Action.IMAGINE else "a",
        mask_hash="b" if action is Action.INPAINT else None,
        original_width=side,
        original_height=side,
    )
    try:
        [made] = honoured(Wish(action=action, specs=(spec,)), Offer([after])).specs
    except NotAllowed:
        return False
    task = {Action.IMAGINE: "text2img", Action.INPAINT: "inpaint"}.get(action, "img2img")
    exact, notes = resolve(made.params, after, task)  # type: ignore[arg-type]  # a dict knows no literals
    assert NO_STRENGTH not in notes
    if after.abilities.takes_strength and task != "text2img":
        assert exact.strength == strength
    return True
