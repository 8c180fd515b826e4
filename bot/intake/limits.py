"""How much of the machine one picture may use."""

import msgspec

from bot.intake.errors import TooManyBytes
from bot.language import N_, Sentence

MIB = 1024 * 1024


class IntakeLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a picture may cost before it is refused.

    Attributes:
        max_bytes: Largest file, in bytes.
        max_pixels: Most pixels (width × height), read from the header before decoding.
        timeout_s: Longest time for one request, in seconds of clock and of processor.
        memory_bytes: Address space of the decoding process. Measured: 60 MB, and for every
            megapixel up to 12 MB, or 16 MB in a WebP.
    """

    max_bytes: int
    max_pixels: int
    timeout_s: float
    memory_bytes: int

    def __post_init__(self) -> None:
        if min(self.max_bytes, self.max_pixels, self.memory_bytes) < 1 or self.timeout_s <= 0:
            raise ValueError(f"limits are positive, not {self}")


def check_bytes(data: bytes, limits: IntakeLimits) -> None:
    """Refuse a file that is too large.

    Raises:
        TooManyBytes: It is larger than ``limits.max_bytes``.
    """
    if len(data) > limits.max_bytes:
        sentence = N_(
            "That file has {size} MB; {most} MB is the most I take, so please save it smaller."
        )
        values = {"size": f"{len(data) / MIB:.1f}", "most": f"{limits.max_bytes / MIB:.3g}"}
        raise TooManyBytes(Sentence(sentence, values))
