"""An engine process without a model: it speaks the engine's protocol over its standard streams.

It takes the same steps and says the same words as the real engine, in milliseconds instead of
seconds. Words in the prompt make it behave badly: ``poison`` kills it, ``hang`` stops it for good,
``slow`` makes each step take a while, ``refuse`` fails the attempt, ``huge`` makes a noisy picture,
``vast`` one of some megabytes.
"""

import hashlib
import io
import os
import queue
import signal
import time

from PIL import Image, ImageChops

from engine.events import Cancelled, Done, Failed, Preview, Progress, Started
from engine.params import Attempt
from engine.protocol import VERSION, Cancel, Hello, Report, Shutdown, Submit
from engine.worker.streams import Inbox, Outbox, claim_standard_streams

STEPS = 4
STEP_S = 0.02
SLOW_STEP_S = 1.0
SLOTS = 2
VAST = (1024, 1024)


def main() -> None:
    """Serve until the bot closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, replies = claim_standard_streams()
    outbox, inbox = Outbox(replies), Inbox(requests)
    hello = Hello(version=VERSION, device="paint", checkpoint="embedded", slots=SLOTS, versions={})
    outbox.put(hello)
    running: dict[str, _Painting] = {}
    while _take_all(inbox, running):
        for key, painting in list(running.items()):
            if painting.step(outbox):
                del running[key]
                outbox.put(Report(slots=SLOTS, step_seconds={}))
    outbox.close()
    os._exit(0)


class _Painting:
    """One attempt under way."""

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        self.cancelled = False
        self._done = -1

    def step(self, outbox: Outbox) -> bool:
        """Go on by one step; whether the attempt is over."""
        attempt, key = self.attempt, self.attempt.key
        words = attempt.params.prompt
        if self.cancelled:
            # After whatever it has said before: what has a number already is taken for known.
            outbox.put(Cancelled(key, 9))
            return True
        if self._done < 0:
            self._done = 0
            outbox.put(Started(key, 0))
            if attempt.previews:
                outbox.put(Preview(key, 1, _encoded(Image.new("RGB", (16, 16), "teal"))))
            return False
        if "poison" in words:
            os.kill(os.getpid(), signal.SIGKILL)
        if "hang" in words:
            time.sleep(3600)
        if "refuse" in words:
            outbox.put(Failed(key, 9, "invalid", "That cannot be painted."))
            return True
        time.sleep(SLOW_STEP_S if "slow" in words else STEP_S)
        self._done += 1
        outbox.put(Progress(key, 1 + self._done, self._done, STEPS))
        if self._done < STEPS:
            return False
        outbox.put(self._finished())
        return True

    def _finished(self) -> Done:
        params = self.attempt.params
        return Done(
            key=self.attempt.key,
            seq=9,
            image=painted(self.attempt),
            latents=hashlib.sha256(self.attempt.key.encode()).digest(),
            width=params.width,
            height=params.height,
            num_inference_steps=STEPS,
            guidance_scale=2.0,
            seconds=STEPS * STEP_S,
        )


def painted(attempt: Attempt) -> bytes:
    """The source in the tint of the seed; the same for the same source and seed."""
    params = attempt.params
    size = (params.width, params.height)
    if "vast" in params.prompt:
        size = VAST
    if "huge" in params.prompt or "vast" in params.prompt:
        noise = Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3))
        return _encoded(noise)
    tint = Image.new("RGB", size, (params.seed % 251, params.seed % 241, params.seed % 239))
    if attempt.source is None:
        return _encoded(tint)
    with Image.open(io.BytesIO(attempt.source)) as source:
        return _encoded(ImageChops.add_modulo(source.convert("RGB").resize(size), tint))


def _take_all(inbox: Inbox, running: dict[str, _Painting]) -> bool:
    try:
        while True:
            request = inbox.get(wait=not running)
            match request:
                case Submit(attempt=attempt):
                    running[attempt.key] = _Painting(attempt)
                case Cancel(key=key):
                    if key in running:
                        running[key].cancelled = True
                case Shutdown() | None:
                    return False
    except queue.Empty:
        return True


def _encoded(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", lossless=True, method=0)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
