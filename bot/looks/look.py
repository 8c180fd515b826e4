"""What a look is, and the ten that everybody has."""

from dataclasses import dataclass

PLACE = "{prompt}"
MAX_NAME_CHARS = 32
MAX_TEMPLATE_CHARS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A prompt template.

    Attributes:
        template: Where it has ``{prompt}``, the member's words are put in; else they go before it.
    """

    name: str
    template: str


BUILT_IN = tuple(
    Look(name=name, template=template)
    for name, template in (
        ("oil painting", "{prompt}, an oil painting, thick brush strokes"),
        ("watercolour", "{prompt}, a soft watercolour wash on paper"),
        ("pencil", "a pencil sketch of {prompt}, cross hatching"),
        ("comic", "{prompt}, a comic book panel, bold ink outlines"),
        ("anime", "{prompt}, anime style, cel shading"),
        ("pixel art", "{prompt}, 16-bit pixel art"),
        ("stained glass", "{prompt}, a stained glass window, leaded glass"),
        ("film noir", "{prompt}, film noir, black and white film"),
        ("neon", "{prompt}, glowing neon lights, cyberpunk city at night"),
        ("polaroid", "{prompt}, a faded polaroid, expired film"),
    )
)
