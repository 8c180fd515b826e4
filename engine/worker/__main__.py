"""Entry of the engine process: arguments, streams, signals, then the loop on the main thread."""

import argparse
import logging
import os
import signal
import sys
from pathlib import Path
from typing import BinaryIO

from engine.worker.streams import Inbox, Outbox


def main() -> int:
    """Run until the client says so or goes away; the exit code is 0 for both."""
    # Ctrl-C reaches the whole process group; when to stop is for the parent to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    options = _arguments()
    requests, replies = _claim_standard_streams()
    logging.basicConfig(
        stream=sys.stderr, level=options.log_level, format="%(levelname)s %(name)s %(message)s"
    )
    _hush_libraries()
    # torch takes seconds to import; a wrong argument was refused before.
    from engine.worker.service import serve

    outbox = Outbox(replies)
    inbox = Inbox(requests)
    signal.signal(signal.SIGTERM, lambda *_: inbox.close())
    try:
        return serve(options, inbox, outbox)
    finally:
        outbox.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="engine.worker")
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--checkpoints-file", type=Path)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--max-rows", type=int, default=8)
    parser.add_argument("--log-level", default="INFO")
    return parser.parse_args()


def _hush_libraries() -> None:
    # Their bars and advice would drown what the operator needs to read. They look at these
    # variables when they are first imported.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


def _claim_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take the pipe ends for ourselves; a library's print goes to stderr from now on."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests = os.fdopen(os.dup(0), "rb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return requests, replies


if __name__ == "__main__":
    status = main()
    # Threads of torch and of a stock pipeline may still be at work; nothing here needs them.
    sys.stderr.flush()
    os._exit(status)
