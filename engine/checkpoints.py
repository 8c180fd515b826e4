"""The checkpoint table: which weights there are, and the defaults that belong to each."""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from engine.abilities import FAMILIES, Abilities, FamilyName
from engine.errors import CheckpointError


class Lora(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Small weights that change a checkpoint's style or subject.

    Attributes:
        source: A hub repository ``owner/name`` or a folder.
        weight_name: The file in it; None where there is one only.
        scale: How strongly it works; 1.0 is as it was trained.
    """

    source: str
    weight_name: str | None = None
    revision: str | None = None
    scale: float = 1.0


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of the table.

    Attributes:
        source: A hub repository ``owner/name``, a folder, or ``"embedded"``.
        family: ``"sd"`` runs step by step and shares denoiser calls; ``"stock"`` runs any pipeline
            that ``AutoPipelineForImage2Image`` knows, one job at a time.
        dtype: Precision on a GPU; on a CPU every checkpoint runs in float32.
        strength: Default, 0.05 to 1.0.
        num_inference_steps: Default length of the whole schedule.
        guidance_scale: Default; 1.0 or less runs without classifier-free guidance.
        scheduler: Name as in ``SCHEDULERS``; None keeps what the checkpoint brings.
        timestep_spacing: How the sampler spreads its steps; None keeps what the checkpoint brings.
        size: Side in pixels of the square whose area a result has by default.
        max_size: Longest side in pixels.
        max_upscaled_size: Longest side in pixels of a result whose source was smaller; None is
            twice ``max_size``.
        takes_strength: None is what the family does; false for a stock pipeline that edits by the
            prompt alone.
        takes_negative_prompt: None is what the family does.
        multiple: Width and height are multiples of this many pixels.
        non_commercial: Whether the licence forbids commercial use; shown to the operator.
        loras: Worked into the weights when they are loaded.
        tiny_vae: Repository or folder of a TAESD autoencoder to use in place of the VAE.
        prompt_cache: How many prompts' embeddings are kept; 0 keeps none.
        source_cache: For how many sources the VAE's answer is kept; 0 keeps none.
        fused_update: Move the rows of a call on by one expression, where their samplers allow it.
        channels_last: Lay the weights out with channels last.
        compile: Compile the denoiser with torch.compile, for 1, 2, 4 and 8 rows.
        quantization: 8-bit linear layers by torchao, on a CUDA device only.
        backend: What runs the denoiser; OpenVINO on a CPU only.
    """

    name: str = ""
    source: str
    family: FamilyName = "stock"
    revision: str | None = None
    variant: str | None = None
    dtype: Literal["float32", "float16", "bfloat16"] = "float32"
    strength: float = 0.6
    num_inference_steps: int = 30
    guidance_scale: float = 5.0
    scheduler: str | None = None
    timestep_spacing: Literal["linspace", "leading", "trailing"] | None = None
    size: int = 512
    max_size: int = 1024
    max_upscaled_size: int | None = None
    takes_strength: bool | None = None
    takes_negative_prompt: bool | None = None
    multiple: int = 8
    licence: str = "unknown"
    non_commercial: bool = False
    loras: tuple[Lora, ...] = ()
    tiny_vae: str | None = None
    prompt_cache: Annotated[int, msgspec.Meta(ge=0)] = 64
    source_cache: Annotated[int, msgspec.Meta(ge=0)] = 32
    fused_update: bool = False
    channels_last: bool = False
    compile: bool = False
    quantization: Literal["int8", "fp8"] | None = None
    backend: Literal["torch", "openvino", "openvino-bf16", "openvino-int8"] = "torch"

    @property
    def abilities(self) -> Abilities:
        """What a job may ask of it: the family's abilities, as the row narrows them."""
        family, strength = FAMILIES[self.family], self.takes_strength
        return msgspec.structs.replace(
            family,
            takes_strength=family.takes_strength if strength is None else strength,
            takes_negative_prompt=self.heeds_negative_prompt(self.guidance_scale),
        )

    def heeds_negative_prompt(self, guidance_scale: float) -> bool:
        """Whether a negative prompt has an effect: without guidance it is not even looked at."""
        family, row = FAMILIES[self.family].takes_negative_prompt, self.takes_negative_prompt
        return guidance_scale > 1.0 and (family if row is None else row)

    def longest_side(self, *, upscaling: bool) -> int:
        """Most pixels that a side of the result may have."""
        if not upscaling:
            return self.max_size
        return self.max_upscaled_size or 2 * self.max_size


# Names that RestyleParams.scheduler takes; engine.families.schedulers maps them to diffusers.
SCHEDULERS = (
    "ddim",
    "euler",
    "euler_ancestral",
    "lcm",
    "dpmpp_2m",
    "unipc",
    "pndm",
)


def load_checkpoints(operator_file: Path | None = None) -> dict[str, Checkpoint]:
    """The table by name, the operator's rows over those that ship.

    Raises:
        CheckpointError: The file is missing or a row in it is wrong.
    """
    shipped = (files("engine") / "checkpoints.toml").read_text("utf-8")
    table = _parse(shipped, "engine/checkpoints.toml")
    if operator_file is not None:
        try:
            text = operator_file.read_text("utf-8")
        except OSError as error:
            raise CheckpointError(f"The checkpoint file {operator_file} cannot be read.") from error
        table |= _parse(text, str(operator_file))
    return table


def find_checkpoint(name: str, operator_file: Path | None = None) -> Checkpoint:
    """One row; raises ``CheckpointError`` that lists the known names."""
    table = load_checkpoints(operator_file)
    if name not in table:
        known = ", ".join(sorted(table))
        raise CheckpointError(f"There is no checkpoint {name!r}; known are {known}.")
    return table[name]


def _parse(text: str, shown_path: str) -> dict[str, Checkpoint]:
    try:
        rows = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CheckpointError(f"{shown_path} is not valid TOML: {error}.") from error
    table = {}
    for name, row in rows.items():
        try:
            table[name] = msgspec.convert(row | {"name": name}, Checkpoint)
        except (msgspec.ValidationError, TypeError) as error:
            raise CheckpointError(f"Checkpoint {name!r} in {shown_path}: {error}.") from error
    return table
