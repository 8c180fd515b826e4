"""From what a member gives to the first wish of a lineage: pictures taken in, parameters filled."""

from dataclasses import dataclass

import msgspec

from bot.errors import NotAllowed
from bot.intake import Intake
from bot.intake.wire import Prepared
from bot.jobs.size import Shape, Size, blank_size, makes_a_difference, size_rule
from bot.jobs.spec import Action, JobSpec
from bot.jobs.wish import MAX_COUNT, Wish, fresh_seed, several
from bot.language import N_, _
from bot.looks.filling import fill
from bot.looks.look import Look
from bot.offer import ONE_SIZE, Offer, check_ability
from bot.pictures import Given
from engine.abilities import Task
from engine.checkpoints import Checkpoint
from engine.params import RestyleParams
from storage.image_store import ImageStore

SAY_HOW = N_("Tell me in a few words how the picture should look.")
BAD_COUNT = N_("I make 1 to {most} pictures at once.")
TOO_LONG = N_("That prompt is too long; {longest} characters are the most.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstWish:
    """The options of a command or form as the member gave them; None is the default."""

    prompt: str = ""
    look: Look | None = None
    strength: float | None = None
    seed: int | None = None
    negative_prompt: str = ""
    count: int = 1
    num_inference_steps: int | None = None
    size: Size = Size.MEDIUM
    shape: Shape = Shape.SQUARE
    checkpoint: str | None = None
    spoiler: bool = False


class Beginning:
    """Makes first wishes. Nothing is charged here, and nothing queued."""

    def __init__(
        self, *, images: ImageStore, intake: Intake, offer: Offer, prompt_max_chars: int
    ) -> None:
        self._images = images
        self._intake = intake
        self._offer = offer
        self._prompt_max_chars = prompt_max_chars

    async def restyle(self, picture: Given, first: FirstWish) -> Wish:
        """A picture in a new look.

        Raises:
            IntakeError: The picture cannot be used.
            NotAllowed: The words are none or too many, or the checkpoint cannot do it.
        """
        checkpoint = self._check(first, "img2img")
        prepared = await self._intake.prepare(picture.data, size_rule(checkpoint, first.size))
        spec = await self._spec(first, checkpoint, prepared)
        spec = msgspec.structs.replace(spec, owner_ids=picture.owner_ids)
        return Wish(action=Action.RESTYLE, specs=several(spec, first.count))

    async def imagine(self, first: FirstWish) -> Wish:
        """A picture from words alone.

        Raises:
            NotAllowed: The words are none or too many, or the checkpoint cannot do it.
        """
        checkpoint = self._check(first, "text2img")
        width, height = blank_size(checkpoint, first.size, first.shape)
        _check_size(first, checkpoint, width, height)
        params = self._params(first, checkpoint, width, height)
        spec = JobSpec(
            params=msgspec.structs.replace(params, strength=1.0),
            source_hash=None,
            original_width=width,
            original_height=height,
            look=_name(first),
            spoiler=first.spoiler,
        )
        return Wish(action=Action.IMAGINE, specs=several(spec, first.count))

    async def inpaint(
        self, picture: bytes, mask: bytes | None, first: FirstWish, *, keep: bool
    ) -> Wish:
        """A part of a picture painted anew.

        Args:
            mask: Marks the part; None where it is marked in red on the picture itself.
            keep: The marked part is what stays.

        Raises:
            IntakeError: A picture cannot be used, or nothing is marked.
            NotAllowed: The words are none or too many, or the checkpoint cannot do it.
        """
        checkpoint = self._check(first, "inpaint")
        rule = size_rule(checkpoint, first.size)
        masked = await self._intake.prepare_masked(picture, mask, rule, keep=keep)
        spec = msgspec.structs.replace(
            await self._spec(first, checkpoint, masked.prepared),
            mask_hash=await self._images.put(masked.mask, ".png"),
        )
        return Wish(action=Action.INPAINT, specs=several(spec, first.count))

    def _check(self, first: FirstWish, task: Task) -> Checkpoint:
        check_prompt(self._prompt_max_chars, self.prompt_of(first), first.negative_prompt)
        if not 1 <= first.count <= MAX_COUNT:
            raise NotAllowed(_(BAD_COUNT).format(most=MAX_COUNT))
        checkpoint = self._offer.named(first.checkpoint)
        check_ability(
            checkpoint, task, strength=first.strength, negative_prompt=first.negative_prompt
        )
        return checkpoint

    def prompt_of(self, first: FirstWish) -> str:
        """The member's words in the look that they chose."""
        if first.look is None:
            return first.prompt
        return fill(first.look.template, first.prompt)

    def _params(
        self, first: FirstWish, checkpoint: Checkpoint, width: int, height: int
    ) -> RestyleParams:
        return RestyleParams(
            prompt=self.prompt_of(first),
            negative_prompt=first.negative_prompt,
            strength=checkpoint.strength if first.strength is None else first.strength,
            seed=fresh_seed() if first.seed is None else first.seed,
            width=width,
            height=height,
            num_inference_steps=first.num_inference_steps,
            checkpoint=checkpoint.name,
        )

    async def _spec(self, first: FirstWish, checkpoint: Checkpoint, prepared: Prepared) -> JobSpec:
        _check_size(first, checkpoint, prepared.original_width, prepared.original_height)
        alpha = prepared.alpha
        return JobSpec(
            params=self._params(first, checkpoint, prepared.width, prepared.height),
            source_hash=await self._images.put(prepared.image, ".webp"),
            original_width=prepared.original_width,
            original_height=prepared.original_height,
            alpha_hash=None if alpha is None else await self._images.put(alpha, ".png"),
            look=_name(first),
            spoiler=first.spoiler,
            notes=tuple(map(str, prepared.notes)),
        )


def check_prompt(max_chars: int, prompt: str, negative_prompt: str) -> None:
    """Refuse a prompt without words, and one that is too long.

    Raises:
        NotAllowed: One sentence on it.
    """
    if not prompt.strip():
        raise NotAllowed(_(SAY_HOW))
    if max(len(prompt), len(negative_prompt)) > max_chars:
        raise NotAllowed(_(TOO_LONG).format(longest=max_chars))


def _check_size(first: FirstWish, checkpoint: Checkpoint, width: int, height: int) -> None:
    """Refuse a size that comes to the same as none for a picture of that shape."""
    if not makes_a_difference(checkpoint, first.size, width, height):
        raise NotAllowed(_(ONE_SIZE).format(name=checkpoint.name))


def _name(first: FirstWish) -> str | None:
    return None if first.look is None else first.look.name
