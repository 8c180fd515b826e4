"""An engine process without an engine: every job's source is its result."""

import os

from engine.events import Done
from engine.protocol import VERSION, Hello, Submit
from engine.worker.streams import Inbox, Outbox


def main() -> None:
    """Greet, then answer until the client goes."""
    outbox, inbox = Outbox(os.fdopen(1, "wb")), Inbox(os.fdopen(0, "rb"))
    outbox.put(Hello(version=VERSION, device="none", checkpoint="echo", slots=1, versions={}))
    while isinstance(request := inbox.get(wait=True), Submit):
        attempt = request.attempt
        outbox.put(
            Done(
                key=attempt.key,
                seq=0,
                image=attempt.source or b"",
                latents=b"",
                width=attempt.params.width,
                height=attempt.params.height,
                num_inference_steps=0,
                guidance_scale=0.0,
                seconds=0.0,
            )
        )
    outbox.close()


if __name__ == "__main__":
    main()
