"""The decoding process: `python -m bot.intake.worker`, spoken to over its standard streams."""

import os
import sys
from typing import BinaryIO

import msgspec

from bot.intake.codecs import DECODER_ERRORS, set_up_codecs
from bot.intake.compose import restore, shrink, side_by_side, thumbnail
from bot.intake.errors import BrokenPicture, IntakeError, TooMuchMemory
from bot.intake.limits import IntakeLimits
from bot.intake.mask import prepare_masked
from bot.intake.prepare import prepare
from bot.intake.sandbox import confine, grant_time, mute
from bot.intake.sheet import sheet
from bot.intake.tree import draw_tree
from bot.intake.wire import (
    DrawTree,
    Picture,
    Prepare,
    PrepareMasked,
    Ready,
    Reply,
    Request,
    Restore,
    Sheet,
    Shrink,
    SideBySide,
    frame,
    read_frame,
    refusal,
    to_request,
)


def main() -> None:
    """Serve requests until the bot closes the pipe; its first frame are the limits."""
    with os.fdopen(mute(), "wb") as replies:
        serve(sys.stdin.buffer, replies)


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer every request of one stream on the other, within the limits that come first."""
    first = read_frame(requests)
    if first is None:
        return
    limits = msgspec.msgpack.decode(first, type=IntakeLimits)
    set_up_codecs(limits)
    confine(limits)
    _send(replies, Ready())
    while (body := read_frame(requests)) is not None:
        grant_time(limits.timeout_s)
        _send(replies, answer(to_request(body), limits))


def answer(request: Request, limits: IntakeLimits) -> Reply:
    """Do what is asked; every error that a picture can cause becomes a ``Refused``."""
    try:
        return _carry_out(request, limits)
    except IntakeError as error:
        return refusal(error)
    except MemoryError:
        return refusal(TooMuchMemory(detail="MemoryError"))
    except DECODER_ERRORS as error:
        return refusal(_broken(error))


def _carry_out(request: Request, limits: IntakeLimits) -> Reply:
    match request:
        case Prepare():
            return prepare(request.data, request.rule, limits)
        case PrepareMasked():
            data, mask, rule = request.data, request.mask, request.rule
            return prepare_masked(data, mask, rule, limits, keep=request.keep)
        case Restore():
            return Picture(restore(request.image, request.alpha, limits))
        case Shrink():
            return shrink(request.image, request.max_bytes, limits)
        case SideBySide():
            return Picture(side_by_side(request.left, request.right, limits))
        case DrawTree():
            return Picture(draw_tree(request.nodes, limits))
        case Sheet():
            return Picture(sheet(request.images, request.labels, limits))
    return Picture(thumbnail(request.image, request.max_side, limits))


def _broken(error: BaseException) -> IntakeError:
    detail = f"{type(error).__name__}: {error}"
    # Several codecs report a failed allocation in words only.
    if "memory" in detail.lower():
        return TooMuchMemory(detail=detail)
    return BrokenPicture(detail=detail)


def _send(replies: BinaryIO, reply: Reply) -> None:
    replies.write(frame(reply))
    replies.flush()


if __name__ == "__main__":
    main()
