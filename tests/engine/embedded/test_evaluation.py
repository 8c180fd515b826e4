"""The measuring of a model, on drawn scenes: the judge, the figures, the contact sheet."""

from pathlib import Path

import numpy as np
import pytest

from engine.embedded import WEIGHTS
from engine.embedded.evaluation.classifier import judge, teacher_pictures
from engine.embedded.evaluation.contact_sheet import contact_sheet
from engine.embedded.evaluation.figures import look_figures, prompt_figures, summary
from engine.embedded.evaluation.runs import Model
from tests.engine.embedded.scenes import scene

pytestmark = [pytest.mark.engine, pytest.mark.slow]


def test_a_model_is_measured_and_shown(tmp_path: Path) -> None:
    # The judge is trained on the crops that lie in the training's folder.
    np.save(tmp_path / "crops.npy", np.stack([scene(seed) for seed in range(4)]))
    looks_judge = judge(tmp_path)
    unseen = np.stack([scene(seed) for seed in (20, 21)])
    for look in ("night", "line art", "mosaic"):
        assert looks_judge.hits(teacher_pictures(unseen, look), look, 3) == 1
        assert looks_judge.hits(unseen, look, 1) == 0

    model, photos = Model(WEIGHTS), np.stack([scene(30, 64, 64)])
    looks = look_figures(model, photos, looks_judge, ("sepia", "blueprint"))
    figures = summary(looks)
    assert 1 > figures["ssim_0.2"] > figures["ssim_0.6"] > figures["ssim_1.0"]
    assert set(looks) == {"sepia", "blueprint"}
    assert 0 <= figures["top1"] <= figures["top3"] <= 1
    assert prompt_figures(model, photos)["autoencoder_db"] > 25

    sheet = contact_sheet(model, photos, ("sepia",))
    assert sheet.width == 7 * sheet.height
