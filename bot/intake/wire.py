"""What the bot and its decoding process say to each other: length-prefixed msgpack frames."""

from typing import BinaryIO

import msgspec

from bot.intake.errors import BY_CODE, IntakeError
from bot.intake.sizing import SizeRule
from bot.language import Sentence

LENGTH_BYTES = 4
# The largest answer is two large pictures side by side, without loss.
MAX_REPLY_BYTES = 256 * 1024 * 1024


class Prepared(msgspec.Struct, frozen=True, kw_only=True, tag="prepared"):
    """A picture that the engine can start from.

    Attributes:
        image: Lossless WebP, RGB in sRGB, ``width`` × ``height``, without metadata.
        width: Pixels, as the size rule wants them.
        height: Likewise.
        original_width: Pixels of the file, upright.
        original_height: Likewise.
        alpha: Transparency as a grey PNG of ``width`` × ``height``; None if it is opaque.
        notes: What was changed, one sentence each, for the member.
        format: What the file was, as in `JPEG`.
    """

    image: bytes
    width: int
    height: int
    original_width: int
    original_height: int
    alpha: bytes | None
    notes: tuple[Sentence, ...]
    format: str


class Masked(msgspec.Struct, frozen=True, kw_only=True, tag="masked"):
    """A picture that the engine can paint a part of anew.

    Attributes:
        mask: Grey PNG of the picture's size: 255 is painted anew, 0 is kept.
    """

    prepared: Prepared
    mask: bytes


class Encoded(msgspec.Struct, frozen=True, kw_only=True, tag="encoded"):
    """A picture ready to be uploaded.

    Attributes:
        media_type: As in `image/webp`.
        extension: With the dot, as in `.webp`.
        notes: What was given up to make it fit, one sentence each, for the member.
    """

    data: bytes
    media_type: str
    extension: str
    notes: tuple[Sentence, ...] = ()


class Picture(msgspec.Struct, frozen=True, tag="picture"):
    """The answer to the other requests: an encoded picture."""

    data: bytes


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The process has its limits and waits for requests."""


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """An ``IntakeError``, taken apart."""

    code: str
    sentence: Sentence
    detail: str


class Prepare(msgspec.Struct, frozen=True, kw_only=True, tag="prepare"):
    """Make a member's file a source."""

    data: bytes
    rule: SizeRule


class PrepareMasked(msgspec.Struct, frozen=True, kw_only=True, tag="prepare_masked"):
    """Make a member's file a source with a mask; see ``mask.prepare_masked``."""

    data: bytes
    mask: bytes | None
    rule: SizeRule
    keep: bool


class Restore(msgspec.Struct, frozen=True, kw_only=True, tag="restore"):
    """Put transparency back on a result."""

    image: bytes
    alpha: bytes


class Shrink(msgspec.Struct, frozen=True, kw_only=True, tag="shrink"):
    """Encode a picture in at most ``max_bytes``."""

    image: bytes
    max_bytes: int


class SideBySide(msgspec.Struct, frozen=True, kw_only=True, tag="side_by_side"):
    """Put two pictures beside each other."""

    left: bytes
    right: bytes


class TreeNode(msgspec.Struct, frozen=True, kw_only=True):
    """One picture of a lineage.

    Attributes:
        parent: Place of the picture it came of, which is an earlier one; None for the first.
        image: The picture; None for one that is not to be seen.
        label: A few characters under it, in Latin script.
    """

    parent: int | None
    image: bytes | None
    label: str


class DrawTree(msgspec.Struct, frozen=True, kw_only=True, tag="draw_tree"):
    """Draw a lineage as one picture."""

    nodes: tuple[TreeNode, ...]


class Sheet(msgspec.Struct, frozen=True, kw_only=True, tag="sheet"):
    """Lay out pictures with a label under each."""

    images: tuple[bytes, ...]
    labels: tuple[str, ...]


class Thumbnail(msgspec.Struct, frozen=True, kw_only=True, tag="thumbnail"):
    """Make a picture at most ``max_side`` pixels wide and high."""

    image: bytes
    max_side: int


Request = Prepare | PrepareMasked | Restore | Shrink | SideBySide | Sheet | Thumbnail | DrawTree
Reply = Prepared | Masked | Encoded | Picture | Ready | Refused

_REPLIES = msgspec.msgpack.Decoder(Reply)
_REQUESTS = msgspec.msgpack.Decoder(Request)


def frame(message: msgspec.Struct) -> bytes:
    """One message, with its length in front."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def read_frame(stream: BinaryIO) -> bytes | None:
    """The body of the next frame of a blocking stream; None when it has ended."""
    prefix = stream.read(LENGTH_BYTES)
    if len(prefix) < LENGTH_BYTES:
        return None
    length = int.from_bytes(prefix, "big")
    body = stream.read(length)
    return body if len(body) == length else None


def to_request(body: bytes) -> Request:
    """Decode a request. Raises ``msgspec.ValidationError``."""
    request: Request = _REQUESTS.decode(body)
    return request


def to_reply(body: bytes) -> Reply:
    """Decode a reply. Raises ``msgspec.ValidationError`` or ``msgspec.DecodeError``."""
    reply: Reply = _REPLIES.decode(body)
    return reply


def refusal(error: IntakeError) -> Refused:
    """Take an error apart, to be sent."""
    return Refused(code=error.code, sentence=error.sentence, detail=error.detail)


def raised(refused: Refused) -> IntakeError:
    """Put a received error together again."""
    return BY_CODE.get(refused.code, IntakeError)(refused.sentence, detail=refused.detail)
