"""Stable Diffusion 1.x/2.x UNets, step by step: many jobs, one denoiser call.

The order of random draws (VAE sample, noise, then each step's noise) and every formula are the
stock ``StableDiffusionImg2ImgPipeline``'s own: its methods are called with the job's scheduler in
place, so that a job alone in the loop gives bit for bit what the stock pipeline gives.
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from diffusers.utils.torch_utils import randn_tensor
from PIL import Image

from engine.errors import NotFinite
from engine.families import latents as packing
from engine.families.schedulers import scheduler_for
from engine.params import RestyleParams

PROMPT_CACHE_ENTRIES = 64


@dataclass(slots=True, kw_only=True)
class SdRow:
    """One job's latents, shape (1, channels, height/f, width/f), and all that moves them on."""

    params: RestyleParams
    scheduler: Any
    timesteps: torch.Tensor
    latents: torch.Tensor
    prompt_embeds: torch.Tensor
    negative_embeds: torch.Tensor | None
    timestep_cond: torch.Tensor | None
    step_kwargs: dict[str, Any]
    notes: tuple[str, ...] = ()
    step: int = 0
    total: int = field(init=False)

    def __post_init__(self) -> None:
        """The schedule tells how many steps there are."""
        self.total = len(self.timesteps)


class SdFamily:
    """Runs rows of one loaded ``StableDiffusionImg2ImgPipeline``."""

    def __init__(self, pipeline: Any) -> None:
        self._pipe = pipeline
        self._scheduler = pipeline.scheduler
        self._device = pipeline._execution_device
        self.device = str(self._device)
        self._prompts: OrderedDict[str, tuple[torch.Tensor, bool]] = OrderedDict()

    def begin(
        self, params: RestyleParams, source: Image.Image, source_latents: bytes | None
    ) -> SdRow:
        """See ``Family.begin``."""
        pipe, guidance = self._pipe, params.guidance_scale or 0.0
        scheduler = scheduler_for(params.scheduler, self._scheduler)
        scheduler.set_timesteps(params.num_inference_steps, device=self._device)
        # One generator on the CPU: the same seed draws the same noise on every device.
        generator = torch.Generator("cpu").manual_seed(params.seed)
        prompt_embeds, cut = self._embed(params.prompt)
        negative_embeds = None
        conditioned = pipe.unet.config.time_cond_proj_dim
        if guidance > 1.0 and conditioned is None:
            negative_embeds, negative_cut = self._embed(params.negative_prompt)
            cut = cut or negative_cut
        pipe.scheduler = scheduler
        try:
            timesteps, _ = pipe.get_timesteps(
                params.num_inference_steps, params.strength, self._device
            )
            latents = self._noised(source, source_latents, timesteps[:1], generator, scheduler)
            step_kwargs = pipe.prepare_extra_step_kwargs(generator, 0.0)
        finally:
            pipe.scheduler = self._scheduler
        return SdRow(
            params=params,
            scheduler=scheduler,
            timesteps=timesteps,
            latents=latents,
            prompt_embeds=prompt_embeds,
            negative_embeds=negative_embeds,
            timestep_cond=self._timestep_cond(guidance, conditioned),
            step_kwargs=step_kwargs,
            notes=("The prompt was longer than the checkpoint reads; its end was left out.",)
            if cut
            else (),
        )

    def batch_key(self, row: SdRow) -> Hashable:
        """Latent and conditioning shapes: one checkpoint and one dtype are given by the family."""
        return row.latents.shape, row.prompt_embeds.shape[1:], row.timestep_cond is None

    def cost(self, row: SdRow) -> int:
        """Two with classifier-free guidance, else one."""
        return 1 if row.negative_embeds is None else 2

    def advance(self, rows: Sequence[SdRow]) -> None:
        """One UNet call over all rows, then each row's own scheduler step."""
        samples, times, embeds, conds = [], [], [], []
        for row in rows:
            t = row.timesteps[row.step]
            scaled = row.scheduler.scale_model_input(row.latents, t)
            if row.negative_embeds is not None:
                samples.append(scaled)
                embeds.append(row.negative_embeds)
            samples.append(scaled)
            embeds.append(row.prompt_embeds)
            times += [t.to(torch.float32)] * self.cost(row)
            if row.timestep_cond is not None:
                conds.append(row.timestep_cond)
        predictions = self._pipe.unet(
            torch.cat(samples),
            torch.stack(times),
            encoder_hidden_states=torch.cat(embeds),
            timestep_cond=torch.cat(conds) if conds else None,
            return_dict=False,
        )[0]
        at = 0
        for row in rows:
            prediction = predictions[at : at + self.cost(row)]
            at += self.cost(row)
            self._scheduler_step(row, prediction)

    def preview(self, row: SdRow) -> Image.Image | None:
        """Decoded where the VAE is a tiny one, which costs less than a step."""
        if type(self._pipe.vae).__name__ != "AutoencoderTiny":
            return None
        return self._decode(row.latents)

    def finish(self, row: SdRow) -> tuple[Image.Image, bytes]:
        """See ``Family.finish``; raises ``NotFinite``."""
        if not bool(row.latents.isfinite().all()):
            raise NotFinite("The picture dissolved into noise; another strength or seed may help.")
        return self._decode(row.latents), packing.pack(row.latents)

    def discard(self, row: SdRow) -> None:
        """A row holds nothing but tensors."""

    def _scheduler_step(self, row: SdRow, prediction: torch.Tensor) -> None:
        if row.negative_embeds is not None:
            unconditional, conditional = prediction.chunk(2)
            guidance = row.params.guidance_scale or 0.0
            prediction = unconditional + guidance * (conditional - unconditional)
        row.latents = row.scheduler.step(
            prediction,
            row.timesteps[row.step],
            row.latents,
            **row.step_kwargs,
            return_dict=False,
        )[0]
        row.step += 1

    def _embed(self, prompt: str) -> tuple[torch.Tensor, bool]:
        """Prompt embeddings, shape (1, tokens, width), and whether the prompt was cut."""
        if prompt in self._prompts:
            self._prompts.move_to_end(prompt)
            return self._prompts[prompt]
        pipe = self._pipe
        embeds, _ = pipe.encode_prompt(
            prompt, self._device, num_images_per_prompt=1, do_classifier_free_guidance=False
        )
        tokens = len(pipe.tokenizer(prompt, truncation=False, verbose=False).input_ids)
        entry = (embeds, tokens > pipe.tokenizer.model_max_length)
        self._prompts[prompt] = entry
        if len(self._prompts) > PROMPT_CACHE_ENTRIES:
            self._prompts.popitem(last=False)
        return entry

    def _noised(
        self,
        source: Image.Image,
        source_latents: bytes | None,
        timestep: torch.Tensor,
        generator: torch.Generator,
        scheduler: Any,
    ) -> torch.Tensor:
        pipe = self._pipe
        dtype = pipe.unet.dtype
        factor = pipe.vae_scale_factor
        shape = (1, pipe.unet.config.in_channels, source.height // factor, source.width // factor)
        kept = None if source_latents is None else packing.unpack(source_latents, shape)
        if kept is not None:
            noise = randn_tensor(shape, generator=generator, device=self._device, dtype=dtype)
            return scheduler.add_noise(kept.to(self._device, dtype), noise, timestep)  # type: ignore[no-any-return]  # diffusers has no types
        pixels = pipe.image_processor.preprocess(source)
        return pipe.prepare_latents(  # type: ignore[no-any-return]  # diffusers has no types
            pixels, timestep, 1, 1, dtype, self._device, generator
        )

    def _timestep_cond(self, guidance: float, width: int | None) -> torch.Tensor | None:
        if width is None:
            return None
        scale = torch.tensor(guidance - 1).repeat(1)
        embedding = self._pipe.get_guidance_scale_embedding(scale, embedding_dim=width)
        return embedding.to(self._device, self._pipe.unet.dtype)  # type: ignore[no-any-return]  # diffusers has no types

    def _decode(self, latents: torch.Tensor) -> Image.Image:
        vae = self._pipe.vae
        pixels = vae.decode(latents / vae.config.scaling_factor, return_dict=False)[0]
        image: Image.Image = self._pipe.image_processor.postprocess(pixels, output_type="pil")[0]
        return image
