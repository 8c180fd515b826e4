"""The stages of a training, each of which does nothing where its outcome already lies."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderTiny
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from transformers import CLIPTextModel, CLIPTokenizer

from engine.embedded.autoencoder import load_training_pictures, new_autoencoder, train_decoder
from engine.embedded.data.reading import Bytes
from engine.embedded.denoiser import new_denoiser
from engine.embedded.export import Parts, block_code, export, load_parts
from engine.embedded.latents import BlockCode
from engine.embedded.text_encoder import (
    reading_accuracy,
    save_text_model,
    train_text_encoder,
)
from engine.embedded.tokens import train_tokenizer
from engine.embedded.training.denoising import Budget, DenoiserTraining
from engine.embedded.training.losses import LossBook
from engine.embedded.training.pairs import build_pairs, listed_photos, load_pairs
from engine.embedded.training.plan import Plan
from engine.embedded.training.record import Record


@dataclass(frozen=True)
class Training:
    """One training in ``folder``; with ``resume_from`` it goes on from an exported model.

    ``photos`` stand for the listed photographs, which are then not downloaded; ``minutes`` bounds
    the denoiser's stage.
    """

    folder: Path
    plan: Plan
    resume_from: Path | None = None
    minutes: float | None = None
    photos: Iterable[list[Bytes]] | None = None

    def run(self) -> Path:
        """Do every stage that is not done; return the exported folder.

        Raises:
            FetchError: A package could not be downloaded.
            TooLarge: The exported folder is larger than allowed.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        started_from = load_parts(self.resume_from) if self.resume_from else None
        book = LossBook(self.folder)
        photos = listed_photos(self.folder, self.plan) if self.photos is None else self.photos
        code = block_code(started_from.autoencoder) if started_from else None
        build_pairs(self.folder, self.plan, photos, code)
        tokenizer, encoder = self._text(started_from)
        autoencoder = self._autoencoder(started_from, book)
        denoiser, record = self._denoiser(started_from, tokenizer, encoder)
        target = self.folder / "exported"
        export(Parts(tokenizer, encoder, autoencoder, denoiser), target)
        record.save(target)
        book.keep("denoiser", record.losses)
        book.plot()
        return target

    def _text(self, started_from: Parts | None) -> tuple[Any, Any]:
        if started_from:
            return started_from.tokenizer, started_from.text_encoder
        folder = self.folder / "text"
        if not (folder / "accuracy.txt").exists():
            tokenizer = train_tokenizer(self.plan.seed)
            encoder, reader = train_text_encoder(tokenizer, self.plan.text_steps, self.plan.seed)
            save_text_model(tokenizer, encoder, reader, folder)
            accuracy = reading_accuracy(tokenizer, encoder, reader, self.plan.seed + 2)
            (folder / "accuracy.txt").write_text(f"{accuracy:.4f}\n")
        return (
            CLIPTokenizer.from_pretrained(folder / "tokenizer"),
            CLIPTextModel.from_pretrained(folder / "text_encoder", use_safetensors=True),
        )

    def _autoencoder(self, started_from: Parts | None, book: LossBook) -> Any:
        if started_from:
            return started_from.autoencoder
        folder = self.folder / "vae"
        if not (folder / "config.json").exists():
            torch.manual_seed(self.plan.seed)
            model = new_autoencoder(BlockCode.load(self.folder / "code.npz"))
            pictures = load_training_pictures(self.folder)
            losses = train_decoder(model, pictures, self.plan.autoencoder_steps, self.plan.seed)
            book.keep("autoencoder", list(losses))
            model.save_pretrained(folder)
        return AutoencoderTiny.from_pretrained(folder, use_safetensors=True)

    def _denoiser(
        self, started_from: Parts | None, tokenizer: Any, encoder: Any
    ) -> tuple[Any, Record]:
        torch.manual_seed(self.plan.seed)
        model = started_from.denoiser if started_from else new_denoiser()
        pairs = load_pairs(self.folder)
        begun = Record.load(self.resume_from)
        training = DenoiserTraining(model, tokenizer, encoder, pairs, self.plan.seed, begun)
        state = self.folder / "denoiser.pt"
        if state.exists():
            training.load(state)
        budget = Budget(self.plan.denoiser_steps, self.minutes)
        columns = (TextColumn("denoiser"), BarColumn(), TextColumn("{task.description}"))
        with Progress(*columns, TimeElapsedColumn()) as progress:
            task = progress.add_task("", total=1.0)
            for loss in training.run(budget, state):
                done = training.progress(budget)
                progress.update(task, completed=done, description=f"{training.step}: {loss:.4f}")
        return training.averaged(new_denoiser()), training.record
