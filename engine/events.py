"""What an engine says about an attempt, in order; exactly one event is terminal.

``seq`` counts an attempt's events from 0, so that a reader who comes back knows what it missed.
"""

import msgspec


class Started(msgspec.Struct, frozen=True, tag="started"):
    """The attempt has left the engine's own line and its source is being encoded."""

    key: str
    seq: int


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """``step`` of ``total`` denoising steps are done (1 ≤ step ≤ total)."""

    key: str
    seq: int
    step: int
    total: int


class Preview(msgspec.Struct, frozen=True, tag="preview"):
    """The picture as it stands: ``image`` is a small encoded JPEG or WebP."""

    key: str
    seq: int
    image: bytes


class Done(msgspec.Struct, frozen=True, tag="done", kw_only=True):
    """The result.

    Attributes:
        image: Lossless WebP, ``width`` × ``height``, RGB.
        latents: Final latents as safetensors bytes, or empty where the family keeps none.
        num_inference_steps: Steps of the schedule as run, perhaps raised (see ``notes``).
        guidance_scale: Guidance as run.
        seconds: From start to encoded result, measured in the engine.
        notes: One sentence each for what was changed or left out.
        flagged: Whether the checkpoint's own safety checker calls it explicit; None without one.
    """

    key: str
    seq: int
    image: bytes
    latents: bytes
    width: int
    height: int
    num_inference_steps: int
    guidance_scale: float
    seconds: float
    notes: tuple[str, ...] = ()
    flagged: bool | None = None


class Cancelled(msgspec.Struct, frozen=True, tag="cancelled"):
    """The attempt was stopped at a step boundary because it was asked to."""

    key: str
    seq: int


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """This attempt failed and the engine goes on.

    Attributes:
        code: A stable word such as ``"invalid"``, ``"out_of_memory"``, ``"nan"``, ``"internal"``.
        message: One sentence that a member may read.
        retryable: Whether another attempt could end otherwise.
    """

    key: str
    seq: int
    code: str
    message: str
    retryable: bool = False


class Lost(msgspec.Struct, frozen=True, tag="lost"):
    """The engine process died with this attempt in it (said by the client, not the engine)."""

    key: str
    seq: int


Event = Started | Progress | Preview | Done | Cancelled | Failed | Lost
Terminal = Done | Cancelled | Failed | Lost
