"""What the engine says, in the reader's language.

The engine speaks English and knows no catalogue; its sentences arrive finished, and are kept in
the jobs table as they came. So they are known again by their shape when somebody reads them. A test
holds this list together with the engine's code.
"""

import re
from functools import cache

from bot.language.reader import N_, _

SENTENCES = (
    N_("Steps were raised from {steps} to {raised}, the fewest for strength {strength}."),
    N_("The prompt was longer than the checkpoint reads; its end was left out."),
    N_("{name} takes no negative prompt; please leave it out."),
    N_("This checkpoint takes no strength; it changes as much as the prompt asks for."),
    N_("The picture dissolved into noise; another strength or seed may help."),
    N_("This checkpoint's {name} takes no strength, so I cannot use it."),
    N_("The pipeline ended without a picture."),
    N_("The device has no memory left for a picture of this size."),
    N_("Something went wrong inside the engine."),
    N_("That does not work: {rule}."),
    N_("The {picture} is no picture that can be read."),
    N_("A mask needs a picture to lie on."),
    N_("The checkpoint {name} cannot make {what}."),
    N_("The checkpoint {name} takes no scheduler but its own."),
)
# Values of theirs that are words, and not numbers or names.
VALUES = {
    "picture": (N_("source"), N_("mask"), N_("colour reference")),
    "what": (
        N_("pictures from a prompt alone"),
        N_("pictures from a picture"),
        N_("parts of a picture anew"),
    ),
}


def heard(said: str) -> str:
    """A sentence of the engine, or any marked text, as the reader is told it."""
    for text, shape in _shapes():
        if found := shape.fullmatch(said):
            values = found.groupdict()
            return _(text).format(
                **{
                    name: _(value) if value in VALUES.get(name, ()) else value
                    for name, value in values.items()
                }
            )
    return _(said)


@cache
def _shapes() -> list[tuple[str, re.Pattern[str]]]:
    return [(text, re.compile(_shape(text), re.DOTALL)) for text in SENTENCES if "{" in text]


def _shape(text: str) -> str:
    parts = re.split(r"\{(\w+)\}", text)
    # Split by a group, the names stand at the odd places.
    return "".join(
        f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts)
    )
