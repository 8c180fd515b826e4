"""LoRAs as options of a checkpoint: worked into the weights, or refused in one sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import StableDiffusionPipeline
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save_file

from engine.checkpoints import Checkpoint, Lora, find_checkpoint
from engine.errors import CheckpointError
from engine.families.base import Inputs
from engine.families.loading import load_family
from engine.families.stepwise import StepwiseFamily
from tests.engine.attempts import params
from tests.engine.families.tiny import save_sd

pytestmark = [
    pytest.mark.engine,
    # Several LoRAs on one model are what is wanted here.
    pytest.mark.filterwarnings("ignore:Already found a `peft_config` attribute"),
]

FILE = "pytorch_lora_weights.safetensors"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_sd(tmp_path_factory.mktemp("sd"))


@pytest.fixture(scope="module")
def loras(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders, each with a LoRA of random weights for the attention of the UNet."""
    folder = tmp_path_factory.mktemp("loras")
    for seed in (1, 2):
        torch.manual_seed(seed)
        unet = StableDiffusionPipeline.from_pretrained(weights, use_safetensors=True).unet
        unet.add_adapter(LoraConfig(r=2, target_modules=["to_q", "to_v"], init_lora_weights=False))
        StableDiffusionPipeline.save_lora_weights(
            str(folder / str(seed)), unet_lora_layers=get_peft_model_state_dict(unet)
        )
    return folder


def latents(family: StepwiseFamily) -> torch.Tensor:
    with torch.inference_mode():
        row = family.begin(Inputs(params=params(strength=1.0, guidance_scale=1.0)))
        while row.step < row.total:
            family.advance([row])
    return row.latents


def by_stock(pipeline: Any) -> torch.Tensor:
    asked = params()
    made: torch.Tensor = pipeline(
        prompt=asked.prompt,
        width=asked.width,
        height=asked.height,
        num_inference_steps=asked.num_inference_steps,
        guidance_scale=1.0,
        generator=torch.Generator("cpu").manual_seed(asked.seed),
        output_type="latent",
    ).images
    return made


def with_loras(weights: Path, *loras: Lora) -> torch.Tensor:
    row = Checkpoint(name="tiny", source=str(weights), family="sd", loras=loras)
    family = load_family(row, "cpu")
    assert isinstance(family, StepwiseFamily)
    # Worked in, so that nothing of them is left to be run at each step.
    assert not any("lora" in name for name, _ in family.adapter.denoiser.named_modules())
    return latents(family)


def test_a_job_is_what_the_stock_pipeline_makes_with_the_same_loras(
    weights: Path, loras: Path
) -> None:
    one, two = Lora(source=str(loras / "1"), scale=0.5), Lora(source=str(loras / "2"))
    both = with_loras(weights, one, two)
    stock = StableDiffusionPipeline.from_pretrained(
        weights, use_safetensors=True, safety_checker=None, requires_safety_checker=False
    )
    stock.set_progress_bar_config(disable=True)
    stock.load_lora_weights(str(loras / "1"), adapter_name="a")
    stock.load_lora_weights(str(loras / "2"), adapter_name="b")
    stock.set_adapters(["a", "b"], [0.5, 1.0])
    expected = by_stock(stock)
    # There they are added at each step and here to the weights: the same but for rounding.
    assert (both - expected).abs().max() <= 1e-5 * expected.abs().max()
    for others in (["a"], ["b"]):
        stock.set_adapters(others, [1.0])
        assert not torch.allclose(both, by_stock(stock), atol=1e-3)


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:100])


def gone(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize("harm", [cut_short, gone])
def test_a_broken_lora_is_one_sentence(
    weights: Path, loras: Path, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    (tmp_path / FILE).write_bytes((loras / "1" / FILE).read_bytes())
    harm(tmp_path / FILE)
    with pytest.raises(CheckpointError, match="of checkpoint 'tiny' is not to be had"):
        with_loras(weights, Lora(source=str(tmp_path)))


def test_a_lora_for_other_weights_is_refused(weights: Path, loras: Path, tmp_path: Path) -> None:
    save_file({"unet.nothing.lora_A.weight": torch.zeros(2, 8)}, tmp_path / FILE)
    with pytest.raises(CheckpointError, match="of checkpoint 'tiny' is not to be had"):
        with_loras(weights, Lora(source=str(tmp_path)))


def test_loras_are_rows_of_a_checkpoints_row(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(
        '[mine]\nsource = "a/b"\n[[mine.loras]]\nsource = "c/d"\nscale = 0.8\n'
        '[[mine.loras]]\nsource = "/e"\nweight_name = "f.safetensors"\n'
    )
    assert find_checkpoint("mine", mine).loras == (
        Lora(source="c/d", scale=0.8),
        Lora(source="/e", weight_name="f.safetensors"),
    )
    mine.write_text('[mine]\nsource = "a/b"\n[[mine.loras]]\nscale = 1.0\n')
    with pytest.raises(CheckpointError, match="source"):
        find_checkpoint("mine", mine)
