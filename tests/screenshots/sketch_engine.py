"""An engine that filters photographs, so that pictures of messages are made in seconds anywhere.

What the checkpoint that ships makes of them is in the README; here it is the messages that count.
"""

import asyncio
import io

from PIL import Image, ImageFilter, ImageOps

from engine.events import Done, Event, Failed, Preview, Progress, Started
from engine.params import Attempt
from tests.bot.paint_engine import PaintEngine
from tests.engine.pictures import encoded

STEPS = 12


class SketchEngine(PaintEngine):
    """While ``gate`` is closed, attempts stop halfway, with a preview."""

    async def _paint(self, attempt: Attempt, queue: asyncio.Queue[Event]) -> None:
        key, picture = attempt.key, sketched(attempt)
        queue.put_nowait(Started(key, 0))
        for step in range(1, STEPS // 2 + 1):
            queue.put_nowait(Progress(key, step, step, STEPS))
        blurred = picture.filter(ImageFilter.GaussianBlur(6))
        queue.put_nowait(Preview(key, STEPS, encoded(blurred, "WEBP")))
        await self.gate.wait()
        if self.fails:
            failed = self.fails.pop(0)
            queue.put_nowait(Failed(key, 9, failed.code, failed.message, failed.retryable))
            return
        queue.put_nowait(
            Done(
                key=key,
                seq=STEPS + 1,
                image=encoded(picture, "WEBP"),
                latents=b"",
                width=picture.width,
                height=picture.height,
                num_inference_steps=STEPS,
                guidance_scale=2.0,
                seconds=3.1,
            )
        )


def sketched(attempt: Attempt) -> Image.Image:
    """The source with fewer colours the higher the strength, and another tint for each seed."""
    params = attempt.params
    size = params.width, params.height
    source = Image.new("RGB", size, "grey")
    if attempt.source is not None:
        with Image.open(io.BytesIO(attempt.source)) as image:
            source = image.convert("RGB").resize(size)
    flat = ImageOps.posterize(source.filter(ImageFilter.ModeFilter(7)), 3)
    hue = Image.new("RGB", size, ("#f0c070", "#80b0e0", "#d090b0", "#90c090")[params.seed % 4])
    return Image.blend(source, Image.blend(flat, hue, 0.35), params.strength)
