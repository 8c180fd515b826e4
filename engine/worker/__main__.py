"""Entry of the engine process: arguments, streams, signals, then the loop on the main thread."""

import argparse
import logging
import os
import signal
import sys
from pathlib import Path

from engine.errors import EngineError
from engine.protocol import Fatal
from engine.quiet import hush_libraries
from engine.worker.parent import die_with_parent
from engine.worker.streams import Inbox, Outbox, claim_standard_streams

logger = logging.getLogger(__name__)


def main() -> int:
    """Serve the parent over standard streams, or whoever connects to ``--listen``."""
    options = _arguments()
    if options.listen is not None:
        return _by_itself(options)
    return _as_child(options)


def _as_child(options: argparse.Namespace) -> int:
    """Run until the parent says so or goes away; the exit code is 0 for both."""
    die_with_parent()
    # Ctrl-C reaches the whole process group; when to stop is for the parent to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, replies = claim_standard_streams()
    _prepare_libraries(options)
    # torch takes seconds to import; a wrong argument was refused before.
    from engine.worker.service import Service

    outbox = Outbox(replies)
    inbox = Inbox(requests)
    signal.signal(signal.SIGTERM, lambda *_: inbox.close())
    try:
        service = Service.load(options)
        try:
            service.serve(inbox, outbox)
        finally:
            service.close()
    except EngineError as error:
        logger.error("not ready: %s", error, exc_info=error.__cause__)
        outbox.put(Fatal(error.code, str(error)))
        return 1
    finally:
        outbox.close()
    return 0


def _by_itself(options: argparse.Namespace) -> int:
    """Run until a signal says so; the exit code is 1 if the checkpoint cannot be loaded."""
    _prepare_libraries(options)
    from engine.worker.listening import listen

    try:
        return listen(options)
    except EngineError as error:
        logger.error("not ready: %s", error)
        return 1
    except OSError as error:
        # What the kernel says of a socket does not tell which.
        logger.error("not ready: %s: %s", options.listen, error.strerror or error)
        return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="engine.worker")
    parser.add_argument("--checkpoint", default="embedded")
    parser.add_argument(
        "--also", action="append", default=[], help="a checkpoint to change over to"
    )
    parser.add_argument("--checkpoints-file", type=Path)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--max-rows", type=int, default=8)
    parser.add_argument("--profile-dir", type=Path)
    parser.add_argument("--listen", type=Path, help="serve clients on this Unix socket")
    parser.add_argument("--step-timeout", type=float, default=120.0)
    parser.add_argument("--traces-endpoint", help="where spans are sent by OTLP over HTTP")
    parser.add_argument("--log-level", default="INFO")
    return parser.parse_args()


def _prepare_libraries(options: argparse.Namespace) -> None:
    logging.basicConfig(
        stream=sys.stderr, level=options.log_level, format="%(levelname)s %(name)s %(message)s"
    )
    hush_libraries()


if __name__ == "__main__":
    status = main()
    # Threads of torch and of a stock pipeline may still be at work; nothing here needs them.
    sys.stderr.flush()
    os._exit(status)
