"""The long stage: training the denoiser on the bridge states, resumable at any time."""

import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch
from diffusers.models.attention_processor import AttnProcessor
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.embedded.captions import Captions
from engine.embedded.denoiser import clean_prediction, draw_states, loss_of
from engine.embedded.filters import LIGHTS, MEDIA
from engine.embedded.precision import quickest
from engine.embedded.tokens import token_ids
from engine.embedded.training.pairs import LATENT_PX, NO_LOOK, Pairs
from engine.embedded.training.record import Record

_LEARNING_RATE = 8e-4
_WARM_UP = 150
_AVERAGE = 0.997
_SAVE_EVERY_S = 240.0
_WORKERS = 2
# Every so many steps see whole crops, the others quarter crops, for the same work: quarters show
# four times as many captions and looks. So many for each worker.
_WHOLE_EVERY = 4
_WHOLE, _QUARTER = 4, 16
_NO_LOOK_SHARE = 0.12
# Looks that are learned late: what builds areas or cells out of detail. They are drawn more often.
_LATE = (
    "oil",
    "impressionist",
    "watercolour",
    "pencil",
    "ink",
    "comic",
    "anime",
    "pixel art",
    "low-poly",
)
_LATE_WEIGHT, _MEDIUM_WEIGHT, _LIGHT_WEIGHT = 3.0, 1.5, 0.7
# Quarter crops begin where every pattern of the teachers begins anew.
_PATTERN_PX = 8


@dataclass(frozen=True)
class Budget:
    """When a training ends: at step ``steps``, or earlier after ``minutes``."""

    steps: int
    minutes: float | None = None


@dataclass(frozen=True)
class Batch:
    """Photograph and styled latents, encoded prompts, and which rows have a look to reach."""

    photo: Tensor
    styled: Tensor
    prompts: Tensor
    prompted: Tensor


class DenoiserTraining:
    """A denoiser, its running average and its optimizer, with the data they learn from."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        encoder: Any,
        pairs: Pairs,
        seed: int,
        begun: Record | None = None,
    ) -> None:
        self.model = model
        self.begun = begun or Record()
        self.step = self.begun.steps
        self.spent_s = 0.0
        self.losses: list[float] = []
        self._tokenizer, self._encoder, self._pairs = tokenizer, encoder.eval(), pairs
        self._parameters = list(model.parameters())
        self._average = [parameter.detach().clone() for parameter in self._parameters]
        self._optimizer = torch.optim.AdamW(
            self._parameters, _LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0.01, fused=True
        )
        # Quicker in bfloat16 than the fused attention, at these few positions.
        self.model.set_attn_processor(AttnProcessor())
        self._seed = seed
        self._weights = _row_weights(pairs.labels)
        self._pool = ThreadPoolExecutor(_WORKERS)
        # A tokenizer keeps its settings for a call in itself.
        self._one_reader = Lock()
        deviations = np.sqrt(np.mean(np.square(pairs.photos[:64], dtype=np.float32), (0, 2, 3)))
        self._channel_weights = torch.from_numpy(deviations / deviations.mean())

    def run(self, budget: Budget, state: Path) -> Iterator[float]:
        """Train until the budget is spent; yield each loss; keep ``state`` (a file) up to date."""
        saved_at = time.perf_counter()
        while (progress := self.progress(budget)) < 1:
            began = time.perf_counter()
            yield self._one_step(progress)
            self.spent_s += time.perf_counter() - began
            if time.perf_counter() - saved_at > _SAVE_EVERY_S:
                self.save(state)
                saved_at = time.perf_counter()
        self.save(state)

    def save(self, state: Path) -> None:
        """Write everything needed to go on, replacing the file at once."""
        fresh = state.with_suffix(".new")
        torch.save(
            {
                "step": self.step,
                "spent_s": self.spent_s,
                "losses": self.losses,
                "model": self.model.state_dict(),
                "average": self._average,
                "optimizer": self._optimizer.state_dict(),
            },
            fresh,
        )
        fresh.replace(state)

    def load(self, state: Path) -> None:
        """Go on from what `save` wrote."""
        kept = torch.load(state, weights_only=True)
        self.step, self.spent_s, self.losses = kept["step"], kept["spent_s"], kept["losses"]
        self.model.load_state_dict(kept["model"])
        self._average = kept["average"]
        self._optimizer.load_state_dict(kept["optimizer"])

    def averaged(self, model: Any) -> Any:
        """``model`` (of the same shape) with the running average of the weights."""
        model.load_state_dict(self.model.state_dict())
        with torch.no_grad():
            for parameter, mean in zip(model.parameters(), self._average, strict=True):
                parameter.copy_(mean)
        return model.eval()

    def progress(self, budget: Budget) -> float:
        """How much of ``budget`` is spent, 1.0 being all; what came before does not count."""
        by_time = self.spent_s / (60 * budget.minutes) if budget.minutes else 0.0
        left = budget.steps - self.begun.steps
        return max(len(self.losses) / left, by_time) if left > 0 else 1.0

    @property
    def record(self) -> Record:
        """All that this denoiser has been through."""
        return self.begun.then(self.step, self.spent_s, self.losses)

    def _one_step(self, progress: float) -> float:
        # A generator for each step: a resumed training draws what an unbroken one would.
        dice = np.random.default_rng((self._seed, self.step))
        # Two threads of one core each beat one computation on two cores: they wait for each
        # other once a step, not thousands of times, which matters on a machine with other work.
        seeds = dice.integers(2**62, size=_WORKERS).tolist()
        results = list(self._pool.map(self._gradients, seeds))
        self._optimizer.zero_grad()
        for parameter, *each in zip(
            self._parameters, *(grads for _, grads in results), strict=True
        ):
            parameter.grad = torch.stack(each).mean(0)
        rate = _learning_rate(len(self.losses), progress)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        nn.utils.clip_grad_norm_(self._parameters, 1.0)
        self._optimizer.step()
        done = len(self.losses)
        keep = min(_AVERAGE, (1 + done) / (10 + done))
        current = [parameter.detach() for parameter in self._parameters]
        torch._foreach_lerp_(self._average, current, 1 - keep)
        self.step += 1
        self.losses.append(float(np.mean([loss for loss, _ in results])))
        return self.losses[-1]

    def _gradients(self, seed: int) -> tuple[float, tuple[Tensor, ...]]:
        part = self._batch(np.random.default_rng(seed))
        dice = torch.Generator().manual_seed(seed)
        states = draw_states(part.photo, part.styled, part.prompted, dice)
        with quickest():
            predicted = clean_prediction(self.model, states, part.prompts)
        loss = loss_of(predicted, states, self._channel_weights)
        return loss.item(), torch.autograd.grad(loss, self._parameters)

    def _batch(self, dice: np.random.Generator) -> Batch:
        whole = self.step % _WHOLE_EVERY == 0
        count, side = (_WHOLE, LATENT_PX) if whole else (_QUARTER, LATENT_PX // 2)
        captions = Captions(int(dice.integers(2**31)))
        photos, targets, sentences, prompted = [], [], [], []
        for row in dice.choice(len(self._weights), size=count, p=self._weights):
            crop, medium, light = self._pairs.labels[row]
            offsets = range(0, LATENT_PX - side + 1, _PATTERN_PX)
            top, left = dice.choice(offsets), dice.choice(offsets)
            window = np.s_[:, top : top + side, left : left + side]
            looks = dice.random() >= _NO_LOOK_SHARE
            photos.append(self._pairs.photos[crop][window])
            targets.append(self._pairs.styled[row][window])
            sentence = _sentence(captions, medium, light) if looks else captions.draw(None, None)
            sentences.append(sentence)
            prompted.append(looks)
        with self._one_reader:
            ids = token_ids(self._tokenizer, sentences)
        with torch.no_grad():
            prompts = self._encoder(ids).last_hidden_state
        return Batch(_tensor(photos), _tensor(targets), prompts, torch.tensor(prompted))


def _sentence(captions: Captions, medium: int, light: int) -> str:
    return captions.draw(
        list(MEDIA)[medium] if medium != NO_LOOK else None,
        list(LIGHTS)[light] if light != NO_LOOK else None,
    )


def _row_weights(labels: NDArray[np.int32]) -> NDArray[np.float64]:
    """How often each pair is drawn: late looks alone most, lights and compounds least."""
    late = [list(MEDIA).index(name) for name in _LATE]
    media, lights = labels[:, 1], labels[:, 2]
    weights = np.where(np.isin(media, late), _LATE_WEIGHT, _MEDIUM_WEIGHT)
    weights = np.where(lights == NO_LOOK, weights, _LIGHT_WEIGHT)
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares


def _learning_rate(step: int, progress: float) -> float:
    """Up in a few steps, level for half the way, then down along a cosine."""
    falling = max(0.0, progress - 0.45) / 0.55
    level = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, falling)))
    return _LEARNING_RATE * min(1.0, (step + 1) / _WARM_UP) * level


def _tensor(latents: list[np.ndarray[Any, np.dtype[np.float16]]]) -> Tensor:
    return torch.from_numpy(np.stack(latents).astype(np.float32))
