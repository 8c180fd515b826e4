"""What goes wrong inside a family ends one job with one sentence, and nothing else."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import msgspec
import pytest
import torch
from diffusers import AutoencoderTiny

from engine.checkpoints import Checkpoint
from engine.core import EngineCore
from engine.errors import CheckpointError
from engine.events import Done, Event, Failed
from engine.families import latents as packing
from engine.families.loading import load_family
from engine.families.stepwise import StepwiseFamily
from engine.params import Attempt
from tests.engine.attempts import attempt
from tests.engine.families.tiny import save_sd, save_sdxl
from tests.engine.pictures import pixels

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_sd(tmp_path_factory.mktemp("sd"))


def row(source: Path | str) -> Checkpoint:
    return Checkpoint(name="tiny", source=str(source), family="sd", guidance_scale=1.0)


@pytest.fixture(scope="module")
def family(weights: Path) -> StepwiseFamily:
    loaded = load_family(row(weights), "cpu")
    assert isinstance(loaded, StepwiseFamily)
    return loaded


def run(core: EngineCore) -> dict[str, Event]:
    """The last event of each attempt."""
    last: dict[str, Event] = {}
    while core.has_work:
        last |= {event.key: event for event in core.step()}
    return last


def test_latents_that_turn_into_nan_end_their_own_job_only(
    family: StepwiseFamily, weights: Path
) -> None:
    core = EngineCore(family, row(weights), max_rows=8)
    core.submit(attempt("alone"))
    alone = run(core)["alone"]
    # Finite when they come in, and beyond every number after the first convolution.
    shape = family.adapter.latent_shape(64, 64)
    enormous = packing.pack(torch.full(shape, 3e38), packing.space_of(family.autoencoder.vae))
    bad = attempt("bad")
    core.submit(Attempt(key="bad", params=bad.params, source=bad.source, source_latents=enormous))
    core.submit(attempt("good"))
    last = run(core)
    failed, good = last["bad"], last["good"]
    assert isinstance(failed, Failed)
    assert failed.code == "nan"
    assert "another strength or seed" in failed.message
    assert isinstance(alone, Done)
    assert isinstance(good, Done)
    assert abs(pixels(good.image) - pixels(alone.image)).max() <= 1


def test_latents_of_another_vae_are_not_started_from(family: StepwiseFamily, weights: Path) -> None:
    core = EngineCore(family, row(weights), max_rows=8)
    plain = attempt("plain")
    core.submit(plain)
    foreign = packing.pack(torch.zeros(family.adapter.latent_shape(64, 64)), "another")
    core.submit(Attempt(key="a", params=plain.params, source=plain.source, source_latents=foreign))
    last = run(core)
    expected, done = last["plain"], last["a"]
    assert isinstance(expected, Done)
    assert isinstance(done, Done)
    assert abs(pixels(done.image) - pixels(expected.image)).max() <= 1


def cut_short(folder: Path) -> None:
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def pickled(folder: Path) -> None:
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    file.unlink()
    torch.save({}, file.with_name("diffusion_pytorch_model.bin"))


def of_another_shape(folder: Path) -> None:
    file = folder / "unet" / "config.json"
    config = json.loads(file.read_text())
    file.write_text(json.dumps(config | {"block_out_channels": [32, 64]}))


def without_an_index(folder: Path) -> None:
    (folder / "model_index.json").unlink()


def with_junk_for_an_index(folder: Path) -> None:
    (folder / "model_index.json").write_text("{")


def without_a_part(folder: Path) -> None:
    shutil.rmtree(folder / "vae")


@pytest.mark.parametrize(
    "harm",
    [
        cut_short,
        pickled,
        of_another_shape,
        without_an_index,
        with_junk_for_an_index,
        without_a_part,
    ],
)
def test_a_broken_checkpoint_is_one_sentence(
    weights: Path, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    folder = Path(shutil.copytree(weights, tmp_path / "weights"))
    harm(folder)
    with pytest.raises(CheckpointError, match="holds no whole safetensors weights of family 'sd'"):
        load_family(row(folder), "cpu")


def test_a_pickled_tiny_vae_is_refused(weights: Path, tmp_path: Path) -> None:
    tiny: Any = AutoencoderTiny(
        encoder_block_out_channels=(8, 8),
        decoder_block_out_channels=(8, 8),
        num_encoder_blocks=(1, 1),
        num_decoder_blocks=(1, 1),
    )
    tiny.save_pretrained(tmp_path, safe_serialization=False)
    assert list(tmp_path.glob("*.bin"))
    with pytest.raises(CheckpointError, match="holds no whole safetensors weights"):
        load_family(msgspec.structs.replace(row(weights), tiny_vae=str(tmp_path)), "cpu")


def test_a_checkpoint_of_another_family_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="family 'flux'"):
        load_family(Checkpoint(name="x", source=str(save_sd(tmp_path)), family="flux"), "cpu")


def test_a_checkpoint_for_inpainting_only_and_a_refiner_are_refused(tmp_path: Path) -> None:
    inpainting = save_sd(tmp_path / "inpainting", in_channels=9)
    with pytest.raises(CheckpointError, match="reads more than latents"):
        load_family(row(inpainting), "cpu")
    refiner = save_sdxl(tmp_path / "refiner")
    index = refiner / "model_index.json"
    index.write_text(
        json.dumps(json.loads(index.read_text()) | {"requires_aesthetics_score": True})
    )
    with pytest.raises(CheckpointError, match="refiner"):
        load_family(Checkpoint(name="x", source=str(refiner), family="sdxl"), "cpu")


# diffusers hands an argument on that the hub's client no longer knows.
@pytest.mark.filterwarnings("ignore:The `local_dir_use_symlinks` argument is deprecated")
@pytest.mark.parametrize("kind", ["sd", "stock"])
def test_a_checkpoint_without_network_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    absent = Checkpoint(name="far", source="nobody/has-this", family=kind)  # type: ignore[arg-type]  # both are names
    with pytest.raises(CheckpointError, match=r"'far' \(nobody/has-this\) is not on this machine"):
        load_family(absent, "cpu")
