"""What an engine is asked for: the parameters of one restyle, and one attempt to run it."""

import msgspec


class RestyleParams(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of one image-to-image job, named as diffusers names them.

    ``None`` means: the default that the checkpoint's row gives.

    Attributes:
        strength: Share of the noise schedule that is run again, 0.05 to 1.0.
        guidance_scale: Classifier-free guidance; 1.0 or less runs without it.
        num_inference_steps: Length of the whole schedule; ``strength`` of it is run.
        seed: 0 to 2**63 - 1. The same seed, source and checkpoint give the same picture.
        width: Pixels of source and result, a multiple of the checkpoint's ``multiple``.
        height: Pixels of source and result, a multiple of the checkpoint's ``multiple``.
        scheduler: Name of a diffusers sampler as in ``engine.schedulers``.
        checkpoint: Name of a row in the checkpoint table.
    """

    prompt: str
    negative_prompt: str = ""
    strength: float
    guidance_scale: float | None = None
    num_inference_steps: int | None = None
    seed: int
    width: int
    height: int
    scheduler: str | None = None
    checkpoint: str = "embedded"


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one job, complete in itself: the engine looks nothing up elsewhere.

    Attributes:
        key: ``"{job_id}.{attempt}"``, unique for the life of an engine process.
        source: Encoded picture (any format Pillow reads) of ``params.width`` × ``params.height``.
        source_latents: Final latents of the parent result as safetensors bytes, used in place of
            encoding ``source`` when they fit the size and checkpoint.
        previews: Whether preview events are wanted.
    """

    key: str
    params: RestyleParams
    source: bytes
    source_latents: bytes | None = None
    previews: bool = False
