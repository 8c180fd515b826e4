"""The losses of each stage: kept beside the training, drawn as a picture."""

import json
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np

_SMOOTHED_OVER = 100


@dataclass(frozen=True)
class LossBook:
    """Losses by stage, in ``folder``."""

    folder: Path

    def keep(self, stage: str, losses: list[float]) -> None:
        """Write down a stage's losses, one a step."""
        (self.folder / f"losses-{stage}.json").write_text(json.dumps(losses))

    def plot(self) -> Path:
        """Draw every stage's losses, smoothed, as ``losses.png``; return where it lies."""
        mpl.use("Agg")
        from matplotlib import pyplot as plt

        books = sorted(self.folder.glob("losses-*.json"))
        figure, axes = plt.subplots(1, max(1, len(books)), figsize=(6 * max(1, len(books)), 4))
        for axis, book in zip(np.atleast_1d(axes), books, strict=False):
            losses = np.array(json.loads(book.read_text()))
            width = max(1, min(_SMOOTHED_OVER, len(losses) // 4))
            axis.semilogy(np.convolve(losses, np.ones(width) / width, mode="valid"))
            axis.set(title=book.stem.removeprefix("losses-"), xlabel="step", ylabel="loss")
        figure.tight_layout()
        picture = self.folder / "losses.png"
        figure.savefig(picture, dpi=120)
        plt.close(figure)
        return picture
