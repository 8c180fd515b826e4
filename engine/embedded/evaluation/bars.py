"""The bars that the embedded model is held to, and whether figures reach them."""

from dataclasses import dataclass

STAND_IN_BLOTCHES = 0.0213
"""Blotch energy at strength 0.6 of the weights that stood in before any of our own.

Those weights are in this repository's history; the figure is the mean over three evaluation
photographs and the first 21 looks, measured the way `measures.blotch_energy` does.
"""


@dataclass(frozen=True)
class Bar:
    """The range, ends included, that a figure should lie in."""

    least: float | None = None
    most: float | None = None

    def holds(self, figure: float) -> bool:
        """Whether ``figure`` lies in the range."""
        return (self.least is None or figure >= self.least) and (
            self.most is None or figure <= self.most
        )


BARS = {
    "ssim_0.2": Bar(least=0.80),
    "ssim_0.4": Bar(least=0.55, most=0.75),
    "ssim_0.6": Bar(least=0.40),
    "ssim_1.0": Bar(most=0.35),
    "monotone": Bar(least=1.0),
    "top1": Bar(least=0.85),
    "top3": Bar(least=0.95),
    "judge_accuracy": Bar(least=0.95),
    "edges": Bar(least=0.75),
    "blotches_to_stand_in": Bar(most=0.4),
    "empty_prompt_ssim": Bar(least=0.80),
    "negative_prompt_ssim_change": Bar(most=0.05),
    "512x512_worse_by": Bar(most=0.10),
    "384x256_worse_by": Bar(most=0.10),
    "256x384_worse_by": Bar(most=0.10),
    "autoencoder_db": Bar(least=33.0),
    "seconds_256": Bar(most=1.0),
    "seconds_512": Bar(most=4.0),
    "megabytes": Bar(most=30.0),
}

# What other sizes are compared by: where more is better.
_KEPT = ("ssim_0.2", "ssim_0.4", "ssim_0.6", "top1", "top3", "edges", "empty_prompt_ssim")


def worse_by(figures: dict[str, float], usual: dict[str, float]) -> float:
    """The largest share that a figure of another size falls short of the usual size's."""
    return max(1 - figures[name] / max(usual[name], 1e-6) for name in _KEPT)


def verdicts(figures: dict[str, float]) -> dict[str, dict[str, float | bool | None]]:
    """For every bar whose figure was measured: its ends, and whether it holds."""
    return {
        name: {"least": bar.least, "most": bar.most, "ok": bar.holds(figures[name])}
        for name, bar in BARS.items()
        if name in figures
    }
