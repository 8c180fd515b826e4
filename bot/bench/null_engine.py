"""An engine process that makes nothing and says so at once, so that only the bot is measured."""

import io
import os
import queue
import signal

from PIL import Image

from engine.events import Done, Started
from engine.protocol import VERSION, Hello, Shutdown, Submit
from engine.worker.streams import Inbox, Outbox

SLOTS = 8
SIDE = 256


def main() -> None:
    """Serve until the bot closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    replies = os.fdopen(os.dup(1), "wb")
    requests = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    outbox, inbox = Outbox(replies), Inbox(requests)
    outbox.put(
        Hello(version=VERSION, device="null", checkpoint="embedded", slots=SLOTS, versions={})
    )
    while True:
        try:
            request = inbox.get(wait=True)
        except queue.Empty:
            continue
        if request is None or isinstance(request, Shutdown):
            break
        if isinstance(request, Submit):
            attempt = request.attempt
            outbox.put(Started(attempt.key, 0))
            outbox.put(
                Done(
                    key=attempt.key,
                    seq=1,
                    image=_tinted(attempt.params.seed),
                    latents=b"",
                    width=SIDE,
                    height=SIDE,
                    num_inference_steps=1,
                    guidance_scale=1.0,
                    seconds=0.001,
                )
            )
    outbox.close()
    os._exit(0)


def _tinted(seed: int) -> bytes:
    # A few kilobytes that differ by seed, so that each is stored and sent as a picture would be.
    buffer = io.BytesIO()
    colour = (seed % 251, seed % 241, seed % 239)
    Image.new("RGB", (SIDE, SIDE), colour).save(buffer, "WEBP", lossless=True, method=0)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
