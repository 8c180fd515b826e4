"""What a denoiser has been through so far: a small file that travels inside the exported folder.

The folder's half-precision weights and this record are all that another machine needs to go on:
the step says which draws were already made, the losses continue the plot. Only the optimizer's
moments stay behind; the warm-up makes up for them.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

FILE = "training.json"
STEPS_A_MEAN = 50


@dataclass(frozen=True)
class Record:
    """Steps made, seconds spent on them, and the mean loss of every `STEPS_A_MEAN` steps."""

    steps: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)

    def then(self, steps: int, seconds: float, losses: list[float]) -> "Record":
        """This record and a training that went on from it up to ``steps``, one loss a step."""
        chunks = [losses[at : at + STEPS_A_MEAN] for at in range(0, len(losses), STEPS_A_MEAN)]
        means = [round(float(np.mean(chunk)), 4) for chunk in chunks]
        return Record(steps, round(self.seconds + seconds, 1), [*self.losses, *means])

    def save(self, folder: Path) -> None:
        """Write the record into an exported folder."""
        (folder / FILE).write_text(json.dumps(asdict(self)) + "\n")

    @classmethod
    def load(cls, folder: Path | None) -> "Record":
        """What `save` wrote; an empty record where there is none."""
        if folder is None or not (folder / FILE).exists():
            return cls()
        return cls(**json.loads((folder / FILE).read_text()))
