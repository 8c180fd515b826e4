"""What an engine is asked for: the parameters of one restyle, and one attempt to run it."""

import msgspec

from engine.abilities import Task


class RestyleParams(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of one job, named as diffusers names them.

    ``None`` means: the default that the checkpoint's row gives.

    Attributes:
        strength: Share of the noise schedule that is run again, 0.05 to 1.0; text-to-image runs
            all of it, whatever stands here.
        guidance_scale: Classifier-free guidance; 1.0 or less runs without it.
        num_inference_steps: Length of the whole schedule; ``strength`` of it is run.
        seed: 0 to 2**63 - 1. The same seed, source and checkpoint give the same picture.
        width: Pixels of the result, a multiple of the checkpoint's ``multiple``.
        height: Pixels of the result, a multiple of the checkpoint's ``multiple``.
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

    Pictures are encoded, in any format that Pillow reads. One of another size than ``params`` say
    is resized: an upscale is a job of twice its source's size with a low strength.

    Attributes:
        key: ``"{job_id}.{attempt}"``, unique for the life of an engine process.
        source: Picture to start from; None makes one from the prompt alone.
        source_latents: Final latents of the parent result as safetensors bytes, used in place of
            encoding ``source`` when they fit the size and checkpoint.
        mask: One-channel picture; white is painted again, black is kept. Needs a ``source``.
        colour_reference: Picture, as a rule the root of the lineage, whose mean and spread of
            colour the result is given; None leaves the colours as they come out.
        previews: Whether preview events are wanted.
        traceparent: The span that it belongs to, as W3C's Trace Context writes it; empty for none.
    """

    key: str
    params: RestyleParams
    source: bytes | None = None
    source_latents: bytes | None = None
    mask: bytes | None = None
    colour_reference: bytes | None = None
    previews: bool = False
    traceparent: str = ""

    @property
    def task(self) -> Task:
        """What kind of job it is, by what it brings."""
        if self.mask is not None:
            return "inpaint"
        return "text2img" if self.source is None else "img2img"
