"""Stable Diffusion 1.x/2.x UNets, step by step: many jobs, one denoiser call.

The order of random draws (VAE sample, noise, then each step's noise) and every formula are those of
the stock ``StableDiffusionPipeline`` and its Img2Img and Inpaint kin: their methods are called with
the job's scheduler in place, so that a job alone in the loop gives bit for bit what they give.
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_img2img import retrieve_latents
from diffusers.utils.torch_utils import randn_tensor
from PIL import Image

from engine.errors import NotFinite
from engine.families import latents as packing
from engine.families.base import Inputs
from engine.families.masking import Kept, latent_mask
from engine.families.schedulers import scheduler_for
from engine.params import RestyleParams

PROMPT_CACHE_ENTRIES = 64


@dataclass(slots=True, kw_only=True)
class SdRow:
    """One job's latents, shape (1, channels, height/f, width/f), and all that moves them on.

    ``kept`` holds what a masked job must not change.
    """

    params: RestyleParams
    scheduler: Any
    timesteps: torch.Tensor
    latents: torch.Tensor
    prompt_embeds: torch.Tensor
    negative_embeds: torch.Tensor | None
    timestep_cond: torch.Tensor | None
    step_kwargs: dict[str, Any]
    kept: Kept | None = None
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

    def begin(self, inputs: Inputs) -> SdRow:
        """See ``Family.begin``."""
        params = inputs.params
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
            latents, kept = self._start(inputs, timesteps[:1], generator, scheduler)
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
            kept=kept,
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
        if row.kept is not None:
            row.latents = row.kept.put_back(row.latents, row.scheduler, row.timesteps[row.step :])

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

    def _start(
        self, inputs: Inputs, timestep: torch.Tensor, generator: torch.Generator, scheduler: Any
    ) -> tuple[torch.Tensor, Kept | None]:
        """The first step's latents, and what a mask keeps."""
        pipe, params = self._pipe, inputs.params
        dtype, factor = pipe.unet.dtype, pipe.vae_scale_factor
        shape = (
            1,
            pipe.unet.config.in_channels,
            params.height // factor,
            params.width // factor,
        )
        clean = self._clean(inputs, shape, generator)
        noise = randn_tensor(shape, generator=generator, device=self._device, dtype=dtype)
        if clean is None:
            return noise * scheduler.init_noise_sigma, None
        if inputs.mask is None:
            return scheduler.add_noise(clean, noise, timestep), None
        if type(pipe.vae).__name__ != "AutoencoderTiny":
            # The stock pipeline encodes the masked picture as well, for UNets that look at it; for
            # others nothing of that is used but the numbers that its sampling draws.
            randn_tensor(shape, generator=generator, device=self._device, dtype=dtype)
        # Rows in another memory order round otherwise; this one is the stock pipeline's.
        clean = clean.contiguous()
        mask = latent_mask(inputs.mask, factor).to(self._device, dtype)
        latents = (
            noise * scheduler.init_noise_sigma
            if params.strength == 1.0
            else scheduler.add_noise(clean, noise, timestep)
        )
        return latents, Kept(mask=mask, clean=clean, noise=noise)

    def _clean(
        self, inputs: Inputs, shape: tuple[int, ...], generator: torch.Generator
    ) -> torch.Tensor | None:
        """The source's latents without noise: kept ones where they fit, else encoded."""
        if inputs.source is None:
            return None
        pipe, dtype = self._pipe, self._pipe.unet.dtype
        if inputs.source_latents is not None:
            known = packing.unpack(inputs.source_latents, shape)
            if known is not None:
                return known.to(self._device, dtype)
        pixels = pipe.image_processor.preprocess(inputs.source).to(self._device, dtype)
        encoded = retrieve_latents(pipe.vae.encode(pixels), generator=generator)
        return pipe.vae.config.scaling_factor * encoded  # type: ignore[no-any-return]  # diffusers has no types

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
