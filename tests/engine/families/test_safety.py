"""The safety checker of a checkpoint: loaded where there is one, and its word in the result."""

import json
from pathlib import Path

import pytest
import torch
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from transformers import CLIPConfig, CLIPImageProcessor

from engine.core import EngineCore
from engine.embedded import WEIGHTS
from engine.events import Done
from engine.families.loading import load_family
from engine.families.safety import load_safety_check
from engine.families.stepwise import StepwiseFamily
from tests.engine.attempts import attempt
from tests.engine.families.test_sd import EMBEDDED

pytestmark = pytest.mark.engine

# A cosine lies between -1 and 1, so with these thresholds all, or none, is flagged.
ALL, NONE = -2.0, 2.0


def checkpoint(folder: Path, threshold: float) -> Path:
    """A folder with a tiny safety checker of the true class and random weights."""
    vision = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1}
    vision |= {"num_attention_heads": 2, "image_size": 32, "patch_size": 16}
    config = CLIPConfig(vision_config=vision, projection_dim=8)
    checker = StableDiffusionSafetyChecker(config)
    torch.nn.init.constant_(checker.concept_embeds_weights, threshold)
    torch.nn.init.constant_(checker.special_care_embeds_weights, NONE)
    checker.save_pretrained(folder / "safety_checker")
    extractor = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=32)
    extractor.save_pretrained(folder / "feature_extractor")
    index = {
        "_class_name": "StableDiffusionPipeline",
        "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
    }
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


@pytest.mark.parametrize(("threshold", "flagged"), [(ALL, True), (NONE, False)])
def test_its_word_comes_with_the_result(tmp_path: Path, threshold: float, flagged: bool) -> None:
    family = load_family(EMBEDDED, "cpu")
    assert isinstance(family, StepwiseFamily)
    family.safety = load_safety_check(str(checkpoint(tmp_path, threshold)), None, "cpu")
    assert family.safety is not None
    core = EngineCore(family, EMBEDDED, max_rows=4)
    core.submit(attempt())
    done = None
    while core.has_work:
        done = next((event for event in core.step() if isinstance(event, Done)), done)
    assert done is not None
    assert done.flagged is flagged
    # Nothing is blackened: whether it is shown is the bot's to say.
    assert len(done.image) > 200


def test_a_checkpoint_without_one_has_no_say(tmp_path: Path) -> None:
    assert load_safety_check(str(WEIGHTS), None, "cpu") is None
    folder = checkpoint(tmp_path, ALL)
    for file in (folder / "safety_checker").iterdir():
        file.unlink()
    assert load_safety_check(str(folder), None, "cpu") is None
