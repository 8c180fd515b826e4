"""The text encoder: a small CLIP text model that was taught to tell looks apart."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.progress import track
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPTextConfig, CLIPTextModel

from engine.embedded.captions import Captions
from engine.embedded.filters import LIGHTS, MEDIA
from engine.embedded.tokens import MAX_TOKENS, token_ids

WIDTH = 128
_BATCH = 64
_LEARNING_RATE = 2e-3


def new_text_encoder(tokenizer: Any) -> Any:
    """An untrained two-layer `CLIPTextModel` for ``tokenizer``."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=WIDTH,
            intermediate_size=4 * WIDTH,
            projection_dim=WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=MAX_TOKENS,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


class LookReader(nn.Module):
    """Says, for every position of a sentence, which medium and which light it has heard so far."""

    def __init__(self) -> None:
        super().__init__()
        self.medium = nn.Linear(WIDTH, len(MEDIA) + 1)
        self.light = nn.Linear(WIDTH, len(LIGHTS) + 1)

    def losses(self, states: Tensor, media: Tensor, lights: Tensor) -> Tensor:
        """Cross entropy of both answers, ``n × positions``."""
        loss: Tensor = torch.zeros(states.shape[:2])
        for head, wanted in ((self.medium, media), (self.light, lights)):
            answers = head(states).transpose(1, 2)
            spread = wanted[:, None].expand(-1, states.shape[1])
            loss = loss + functional.cross_entropy(answers, spread, reduction="none")
        return loss

    def read(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """The answers at the last position: places in `MEDIA` and `LIGHTS` plus one, 0 for none."""
        last = states[:, -1]
        return self.medium(last).argmax(-1), self.light(last).argmax(-1)


def train_text_encoder(tokenizer: Any, steps: int, seed: int) -> tuple[Any, LookReader]:
    """Teach an encoder and its reader for ``steps`` batches of captions.

    Every end and padding token is asked, not only the first: the denoiser pools over all of them.
    """
    torch.manual_seed(seed)
    encoder, reader = new_text_encoder(tokenizer), LookReader()
    captions, dice = Captions(seed + 1), np.random.default_rng(seed)
    parameters = [*encoder.parameters(), *reader.parameters()]
    optimizer = torch.optim.AdamW(parameters, _LEARNING_RATE, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _LEARNING_RATE, total_steps=steps + 1)
    encoder.train()
    for _ in track(range(steps), "text encoder"):
        ids, media, lights = _batch(tokenizer, captions, dice)
        states = encoder(ids).last_hidden_state
        ends = (ids == tokenizer.eos_token_id).float()
        losses = reader.losses(states, media, lights)
        loss = ((losses * ends).sum(1) / ends.sum(1)).mean()
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
    return encoder.eval(), reader.eval()


def reading_accuracy(tokenizer: Any, encoder: Any, reader: LookReader, seed: int) -> float:
    """Share of 512 fresh captions of which both the medium and the light are read rightly."""
    captions, dice = Captions(seed), np.random.default_rng(seed)
    right = 0.0
    with torch.inference_mode():
        for _ in range(8):
            ids, media, lights = _batch(tokenizer, captions, dice)
            medium, light = reader.read(encoder(ids).last_hidden_state)
            right += ((medium == media) & (light == lights)).float().mean().item()
    return right / 8


def _batch(
    tokenizer: Any, captions: Captions, dice: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    media, lights = [None, *MEDIA], [None, *LIGHTS]
    sentences, places = [], []
    for _ in range(_BATCH):
        chance = dice.random()
        # A third media, a third lights, a fifth both, the rest nothing.
        medium = int(dice.integers(1, len(media))) if chance < 0.53 else 0
        light = int(dice.integers(1, len(lights))) if 0.33 < chance < 0.86 else 0
        sentences.append(captions.draw(media[medium], lights[light]))
        places.append((medium, light))
    wanted = torch.tensor(places)
    return token_ids(tokenizer, sentences), wanted[:, 0], wanted[:, 1]


def save_text_model(tokenizer: Any, encoder: Any, reader: LookReader, folder: Path) -> None:
    """Write tokenizer, encoder and reader below ``folder``."""
    tokenizer.save_pretrained(folder / "tokenizer")
    encoder.save_pretrained(folder / "text_encoder")
    torch.save(reader.state_dict(), folder / "look_reader.pt")
