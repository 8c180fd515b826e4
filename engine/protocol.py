"""The wire between client and engine: length-prefixed msgpack frames of tagged structs.

A frame is a 4-byte little-endian length and that many bytes of msgpack. Pictures travel encoded
inside their struct: one copy of a few hundred kilobytes, against a second kind of frame for each
reader to get right. Nothing is unpickled and nothing is dispatched by name.
"""

import struct

import msgspec

from engine.api import WorkerHealth
from engine.errors import EngineError
from engine.events import Event
from engine.params import Attempt

VERSION = 3
MAX_FRAME_BYTES = 256 * 1024 * 1024
_LENGTH = struct.Struct("<I")
HEADER_BYTES = _LENGTH.size


class ProtocolError(EngineError):
    """The other side sent what is no frame of this protocol."""

    code = "protocol"


class Submit(msgspec.Struct, frozen=True, tag="submit"):
    """Run this attempt."""

    attempt: Attempt


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """Stop this attempt at the next step boundary."""

    key: str


class Attach(msgspec.Struct, frozen=True, tag="attach"):
    """Send again what this attempt's reader missed: its events numbered above ``after_seq``.

    An engine that does not know the attempt says ``Lost``.
    """

    key: str
    after_seq: int


class Shutdown(msgspec.Struct, frozen=True, tag="shutdown"):
    """End the process."""


class Hello(msgspec.Struct, frozen=True, tag="hello", kw_only=True):
    """The first reply: the engine is loaded and ready.

    Attributes:
        slots: How many attempts it wants at once.
        versions: Of torch and diffusers, for logs and benches.
        lasting: Whether attempts outlive the connection, so that a client may attach again.
    """

    version: int
    device: str
    checkpoint: str
    slots: int
    versions: dict[str, str]
    lasting: bool = False


class Fatal(msgspec.Struct, frozen=True, tag="fatal"):
    """The first reply when the engine cannot be made ready; the process ends after it."""

    code: str
    message: str


class Report(msgspec.Struct, frozen=True, tag="report", kw_only=True):
    """How the engine is, sent after the hello and each attempt; see ``engine.api.Health``."""

    slots: int
    step_seconds: dict[str, float]
    profiled_seconds: dict[str, float] = {}
    max_rows: int = 0
    out_of_memory: int = 0
    calls: dict[int, int] = {}
    memory_bytes: int = 0
    memory_total_bytes: int = 0
    workers: tuple[WorkerHealth, ...] = ()


Request = Submit | Cancel | Attach | Shutdown
Reply = Hello | Fatal | Report | Event

_encoder = msgspec.msgpack.Encoder()
_request_decoder: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_reply_decoder: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


def frame(message: Request | Reply) -> bytearray:
    """The bytes of one frame; raises ``ProtocolError`` for what no frame can hold."""
    whole = bytearray(HEADER_BYTES)
    try:
        # Behind the header at once: a picture is not copied a second time.
        _encoder.encode_into(message, whole, HEADER_BYTES)
    except OverflowError as error:
        raise ProtocolError("A number in a message is too large to be sent.") from error
    length = len(whole) - HEADER_BYTES
    if length > MAX_FRAME_BYTES:
        raise ProtocolError(f"A message of {length} bytes is larger than a frame may be.")
    _LENGTH.pack_into(whole, 0, length)
    return whole


def body_length(header: bytes) -> int:
    """Length in bytes of the body that follows a frame's header; raises ``ProtocolError``."""
    if len(header) != HEADER_BYTES:
        raise ProtocolError("The stream ended inside a frame header.")
    (length,) = _LENGTH.unpack(header)
    if length > MAX_FRAME_BYTES:
        raise ProtocolError(f"A frame of {length} bytes was announced; that is no frame of ours.")
    return int(length)


def decode_request(body: bytes) -> Request:
    """Read a client's message; raises ``ProtocolError``."""
    try:
        return _request_decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise ProtocolError(f"That is no request of this protocol: {error}.") from error


def decode_reply(body: bytes) -> Reply:
    """Read an engine's message; raises ``ProtocolError``."""
    try:
        return _reply_decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise ProtocolError(f"That is no reply of this protocol: {error}.") from error
