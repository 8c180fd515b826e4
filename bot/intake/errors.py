"""Why a picture was not taken in: one class, one stable code and one kind sentence for each reason.

IntakeError
├── NotAPicture           no format that we know begins like this
├── UnsupportedFormat     a known format that is not taken: SVG, PDF, video, …
├── TooManyBytes          the file is larger than the limit
├── TooManyPixels         the picture is larger than the limit
├── TooNarrow             its sides differ too much for any size that the model takes
├── BrokenPicture         damaged, cut short, or not what its first bytes say
├── TookTooLong           not decoded within the time limit
├── TooMuchMemory         not decoded within the memory limit
├── DecoderCrashed        the decoding process died over it
├── NothingMarked         a mask marks no part of the picture
├── MaskMismatch          a mask is no mask, or is one of another picture
├── CannotShrink          nothing worth looking at fits into so few bytes
└── IntakeUnavailable     the decoding process cannot be started, or intake is closed
"""

from typing import ClassVar

from bot.errors import MemberError
from bot.language import N_, Sentence


class IntakeError(MemberError):
    """A picture was not taken in; ``str(error)`` is one sentence for the member.

    Attributes:
        code: Stable name of the reason, for logs and `--json` output.
        usual: What the member is told unless the raiser knows better.
        sentence: What the member is told.
        detail: What the decoder said, for the operator; may quote the file, so escape it.
    """

    code: ClassVar[str] = "intake"
    usual: ClassVar[str] = N_("I could not take that picture in; please try another one.")
    sentence: Sentence

    def __init__(self, sentence: Sentence | None = None, *, detail: str = "") -> None:
        super().__init__(sentence or Sentence(self.usual))
        self.detail = detail


class NotAPicture(IntakeError):
    """No format that we know begins like this file."""

    code = "not_a_picture"
    usual = N_("That file is not a picture I know; please send a JPEG, PNG or WebP.")


class UnsupportedFormat(IntakeError):
    """A known format that is not taken in."""

    code = "unsupported_format"


class TooManyBytes(IntakeError):
    """The file is larger than ``IntakeLimits.max_bytes``."""

    code = "too_many_bytes"


class TooManyPixels(IntakeError):
    """The picture is larger than ``IntakeLimits.max_pixels``."""

    code = "too_many_pixels"


class TooNarrow(IntakeError):
    """No size that the rule allows keeps the picture's proportions."""

    code = "too_narrow"


class BrokenPicture(IntakeError):
    """Damaged, cut short, or not what its first bytes say."""

    code = "broken_picture"
    usual = N_(
        "That picture is damaged or cut short; please save it again as PNG or JPEG and send that."
    )


class TookTooLong(IntakeError):
    """Not done within ``IntakeLimits.timeout_s``."""

    code = "took_too_long"
    usual = N_(
        "That picture took too long to open; please send a smaller one, or save it as plain JPEG."
    )


class TooMuchMemory(IntakeError):
    """Not done within ``IntakeLimits.memory_bytes``."""

    code = "too_much_memory"
    usual = N_(
        "That picture needs more memory than I have for one; please make it smaller and send that."
    )


class DecoderCrashed(IntakeError):
    """The decoding process died over this picture."""

    code = "decoder_crashed"
    usual = N_("I could not open that picture; please save it again as PNG or JPEG and send that.")


class NothingMarked(IntakeError):
    """A mask marks no part of the picture."""

    code = "nothing_marked"
    usual = N_(
        "I found nothing marked; please paint over a part in bright red, or send a mask that is "
        "white there and black elsewhere."
    )


class MaskMismatch(IntakeError):
    """A mask is no mask, or is one of another picture."""

    code = "mask_mismatch"
    usual = N_(
        "That mask does not fit the picture; please send a black and white one of the same shape, "
        "or a copy of the picture with the part painted over in red."
    )


class CannotShrink(IntakeError):
    """Nothing worth looking at fits into so few bytes."""

    code = "cannot_shrink"


class IntakeUnavailable(IntakeError):
    """The decoding process cannot be started, or intake is closed."""

    code = "intake_unavailable"
    usual = N_("I cannot open pictures right now; please try again in a minute.")


REASONS: tuple[type[IntakeError], ...] = (
    NotAPicture,
    UnsupportedFormat,
    TooManyBytes,
    TooManyPixels,
    TooNarrow,
    BrokenPicture,
    TookTooLong,
    TooMuchMemory,
    DecoderCrashed,
    NothingMarked,
    MaskMismatch,
    CannotShrink,
    IntakeUnavailable,
)
BY_CODE = {reason.code: reason for reason in REASONS}
