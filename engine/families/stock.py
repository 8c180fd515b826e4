"""Any other img2img pipeline of diffusers, run as it stands, one job at a time.

A stock pipeline runs all its steps in one call. It does so on a thread of its own that stops at
``callback_on_step_end`` until the loop asks for the next step, so that progress and cancel work as
they do for the families that are run step by step.
"""

import inspect
import threading
from collections.abc import Hashable, Sequence
from typing import Any

import torch
from PIL import Image

from engine.encoding import fitted
from engine.errors import AttemptError
from engine.families.base import Inputs
from engine.params import RestyleParams


class StockRow:
    """One pipeline call on its thread, held at a step boundary.

    The thread runs only while ``_turn`` is the pipeline's; the loop runs only while it is not.
    """

    def __init__(
        self, pipeline: Any, arguments: dict[str, Any], total: int, params: RestyleParams
    ) -> None:
        self.params = params
        self.step = 0
        self.total = total
        self.notes: tuple[str, ...] = ()
        self.image: Image.Image | None = None
        self._pipeline = pipeline
        self._arguments = arguments
        if "callback_on_step_end" in inspect.signature(pipeline.__call__).parameters:
            self._arguments["callback_on_step_end"] = self._on_step_end
        self._error: BaseException | None = None
        self._cancelled = False
        self._go = threading.Semaphore(0)
        self._stopped = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, name="stock-pipeline", daemon=True)
        self._thread.start()

    def advance(self) -> None:
        """Let the pipeline do one more step; after the last, let it decode as well."""
        self._go.release()
        self._stopped.acquire()
        # How many steps a strength stands for is each pipeline's own to round.
        while self.step + 1 >= self.total and self.image is None and self._error is None:
            self._go.release()
            self._stopped.acquire()
        if self._error is not None:
            raise self._error
        self.step = self.total if self.image is not None else self.step + 1

    def cancel(self) -> None:
        """Let the pipeline run out without doing the steps that are left."""
        self._cancelled = True
        while self._thread.is_alive():
            self._go.release()
            self._thread.join(0.01)

    def _run(self) -> None:
        self._go.acquire()
        try:
            with torch.inference_mode():
                output = self._pipeline(**self._arguments)
            if not self._cancelled:
                self.image = output.images[0]
        except Exception as error:  # noqa: BLE001  # boundary: handed to the loop, which tells it apart
            self._error = error
        finally:
            self._stopped.release()

    def _on_step_end(
        self, pipeline: Any, _step: int, _timestep: Any, kwargs: dict[str, Any]
    ) -> dict[str, Any]:
        self._stopped.release()
        self._go.acquire()
        if self._cancelled:
            pipeline._interrupt = True
        return kwargs


class StockFamily:
    """Runs one job at a time through whatever pipeline the checkpoint names."""

    def __init__(self, pipeline: Any) -> None:
        self._pipe = pipeline
        self._accepts = set(inspect.signature(pipeline.__call__).parameters)
        self.device = str(pipeline._execution_device)
        pipeline.set_progress_bar_config(disable=True)

    @property
    def takes_strength(self) -> bool:
        """Whether the pipeline can stay near its source by running part of the schedule."""
        return "strength" in self._accepts

    @property
    def heeds_negative_prompt(self) -> bool:
        """Whether the pipeline can be led away from something."""
        # Those that are told the guidance would need a second kind of it, which no job names.
        told = "true_cfg_scale" in self._accepts and self._told_guidance()
        return "negative_prompt" in self._accepts and not told

    def begin(self, inputs: Inputs) -> StockRow:
        """Start the pipeline's thread; its first step waits for ``advance``."""
        params = inputs.params
        steps = params.num_inference_steps or 1
        arguments = self._arguments(inputs)
        run = int(steps * params.strength) if "strength" in arguments else steps
        return StockRow(self._pipe, arguments, max(1, run), params)

    def _arguments(self, inputs: Inputs) -> dict[str, Any]:
        """What this pipeline takes of what the job asks."""
        params = inputs.params
        wanted = {
            "prompt": params.prompt,
            "negative_prompt": params.negative_prompt or None,
            "image": inputs.source,
            "strength": params.strength,
            "num_inference_steps": params.num_inference_steps,
            "guidance_scale": params.guidance_scale,
            "generator": torch.Generator("cpu").manual_seed(params.seed),
            "width": params.width,
            "height": params.height,
            # Kontext would choose a size of its own near one megapixel.
            "max_area": params.width * params.height,
            "_auto_resize": False,
        }
        if "true_cfg_scale" in self._accepts and not self._told_guidance():
            # Qwen-Image-Edit guides by a second row only, and only with some negative prompt.
            wanted["true_cfg_scale"] = wanted.pop("guidance_scale")
            wanted["negative_prompt"] = params.negative_prompt or " "
        return {name: value for name, value in wanted.items() if name in self._accepts}

    def _told_guidance(self) -> bool:
        transformer = getattr(self._pipe, "transformer", None)
        return bool(getattr(getattr(transformer, "config", None), "guidance_embeds", False))

    def batch_key(self, row: StockRow) -> Hashable:
        """Each row alone: a stock pipeline cannot share its calls."""
        return id(row)

    def cost(self, row: StockRow) -> int:
        """More than any cap, so that one row at a time is let in."""
        return 10_000

    def advance(self, rows: Sequence[StockRow]) -> None:
        """Move the one row on."""
        for row in rows:
            row.advance()

    def preview(self, row: StockRow) -> Image.Image | None:
        """None: a stock pipeline shows nothing before it is done."""
        return None

    def finish(self, row: StockRow) -> tuple[Image.Image, bytes]:
        """The pipeline's picture; it keeps no latents."""
        if row.image is None:
            raise AttemptError("The pipeline ended without a picture.")
        return fitted(row.image, row.params.width, row.params.height), b""

    def flagged(self, image: Image.Image) -> None:
        """None: a stock pipeline with a checker blackens the picture itself."""

    def discard(self, row: StockRow) -> None:
        """End the pipeline's thread."""
        row.cancel()

    def measure(self, rows: int, width: int, height: int) -> None:
        """None: a stock pipeline cannot share its calls."""

    def save_memory(self) -> bool:
        """False: a pipeline that ran out of memory in the midst of its call is over."""
        return False
