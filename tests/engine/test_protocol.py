"""The wire: every message survives it, and no bytes make it do anything but refuse."""

import io
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Cancelled, Done, Failed, Lost, Preview, Progress, Started
from engine.params import Attempt, RestyleParams
from engine.protocol import (
    HEADER_BYTES,
    MAX_FRAME_BYTES,
    Cancel,
    Fatal,
    Hello,
    ProtocolError,
    Reply,
    Report,
    Request,
    Shutdown,
    Submit,
    body_length,
    decode_reply,
    decode_request,
    frame,
)


def kind(cls: type[Any]) -> st.SearchStrategy[Any]:
    """Instances of a message class, with whole numbers that msgpack can hold."""
    fields = {
        field.name: st.integers(-(2**63), 2**64 - 1)
        for field in msgspec.structs.fields(cls)
        if field.type is int
    }
    return st.builds(cls, **fields)


REPLY_KINDS = (
    *(Hello, Fatal, Report),
    *(Started, Progress, Preview, Done, Cancelled, Failed, Lost),
)
REPLIES = st.one_of(*map(kind, REPLY_KINDS))
TEXT = st.text(max_size=50)
PARAMS = st.builds(
    RestyleParams,
    prompt=TEXT,
    negative_prompt=TEXT,
    strength=st.floats(0, 1),
    seed=st.integers(0, 2**63 - 1),
    width=st.integers(1, 4096),
    height=st.integers(1, 4096),
)
REQUESTS = st.one_of(
    st.builds(Submit, st.builds(Attempt, key=TEXT, params=PARAMS, source=st.binary(max_size=99))),
    st.builds(Cancel, TEXT),
    st.builds(Shutdown),
)


def body_of(data: bytes | bytearray) -> bytes:
    stream = io.BytesIO(data)
    body = stream.read(body_length(stream.read(HEADER_BYTES)) + 1)
    assert len(body) == len(data) - HEADER_BYTES
    return body


@given(REQUESTS)
def test_requests_survive(request_: Request) -> None:
    assert decode_request(body_of(frame(request_))) == request_


@given(REPLIES)
def test_replies_survive(reply: Reply) -> None:
    # NaN is not equal to itself; its bytes are.
    body = body_of(frame(reply))
    assert frame(decode_reply(body)) == frame(reply)


@given(st.binary(max_size=200))
def test_junk_is_refused_and_never_more(junk: bytes) -> None:
    for decode in (decode_request, decode_reply):
        try:
            message = decode(junk)
        except ProtocolError:
            continue
        assert isinstance(message, msgspec.Struct)


def test_a_reply_is_no_request() -> None:
    with pytest.raises(ProtocolError, match="no request"):
        decode_request(body_of(frame(Started("a.1", 0))))


def test_a_number_too_large_to_send_is_refused() -> None:
    with pytest.raises(ProtocolError, match="too large"):
        frame(Started("a.1", 2**64))


def test_a_header_cut_short_or_too_large_is_refused() -> None:
    with pytest.raises(ProtocolError, match="ended inside"):
        body_length(b"\x01\x00")
    with pytest.raises(ProtocolError, match="no frame of ours"):
        body_length((MAX_FRAME_BYTES + 1).to_bytes(HEADER_BYTES, "little"))
