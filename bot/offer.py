"""Which checkpoints members may choose from, and what each of them refuses."""

from collections.abc import Iterable
from pathlib import Path

from bot.errors import NotAllowed
from bot.language import N_, _
from engine.abilities import Task
from engine.checkpoints import Checkpoint, find_checkpoint

CANNOT = {
    "text2img": N_("{name} makes no pictures from words alone; please give it a picture."),
    "img2img": N_("{name} makes no pictures from pictures; please use `/imagine`."),
    "inpaint": N_("{name} cannot paint a part of a picture anew."),
}
NO_SUCH = N_("I have no such checkpoint. There is: {names}.")
NO_STRENGTH = N_("{name} takes no strength; please leave it out.")
ONE_SIZE = N_("{name} makes pictures of this shape in one size only; please leave the size out.")
NO_NEGATIVE = N_("{name} takes no negative prompt; please leave it out.")


class Offer:
    """The checkpoints that the operator allows, the default one first."""

    def __init__(self, checkpoints: Iterable[Checkpoint]) -> None:
        self._by_name = {checkpoint.name: checkpoint for checkpoint in checkpoints}
        self.default = next(iter(self._by_name.values()))

    @property
    def names(self) -> tuple[str, ...]:
        """All names, the default first."""
        return tuple(self._by_name)

    def named(self, name: str | None) -> Checkpoint:
        """The checkpoint that a member means; raises ``NotAllowed`` for one that is not offered."""
        if name is None:
            return self.default
        if name not in self._by_name:
            raise NotAllowed(_(NO_SUCH).format(names=", ".join(self._by_name)))
        return self._by_name[name]

    def still(self, name: str) -> Checkpoint:
        """The checkpoint of an older picture, or the default where that is not offered any more."""
        return self._by_name.get(name, self.default)


def offer_from(names: Iterable[str], operator_file: Path | None) -> Offer:
    """The offer of the named rows; raises ``CheckpointError`` for one that is not in the table."""
    return Offer(find_checkpoint(name, operator_file) for name in names)


def check_ability(
    checkpoint: Checkpoint, task: Task, *, strength: float | None, negative_prompt: str
) -> None:
    """Refuse what ``checkpoint`` would have to ignore.

    Raises:
        NotAllowed: One sentence on what to leave out or to use instead.
    """
    abilities = checkpoint.abilities
    if task not in abilities.tasks:
        raise NotAllowed(_(CANNOT[task]).format(name=checkpoint.name))
    if strength is not None and not abilities.takes_strength:
        raise NotAllowed(_(NO_STRENGTH).format(name=checkpoint.name))
    if negative_prompt and not abilities.takes_negative_prompt:
        raise NotAllowed(_(NO_NEGATIVE).format(name=checkpoint.name))
