"""An engine that runs by itself: loads its checkpoint once, then serves one client after another.

The socket is a Unix socket: who may reach it is a matter of the folder it lies in, and nothing of
it is on any network.
"""

import argparse
import contextlib
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

from engine.worker.service import Service
from engine.worker.streams import Inbox, Outbox

logger = logging.getLogger(__name__)

STUCK = 70


def listen(options: argparse.Namespace) -> int:
    """Serve clients until SIGTERM; returns the exit code.

    ``options.listen`` is the socket's path, ``options.step_timeout`` the seconds that a step may
    still take after its client has gone.

    Raises:
        EngineError: The checkpoint cannot be loaded.
    """
    service = Service.load(options)
    with contextlib.closing(service), _listening(options.listen) as server:
        stop = _Stop()

        def end(*_: object) -> None:
            stop.set()
            server.close()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        logger.info("ready on %s, listening on %s", service.device, options.listen)
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                # Closed by the signal; anything else would come again at once.
                break
            with connection:
                _serve(service, connection, options.step_timeout, stop)
    return 0


class _Stop(threading.Event):
    """Set by a signal. Who waits for its client's next request meanwhile is woken as well."""

    inbox: Inbox | None = None

    def set(self) -> None:
        """See ``threading.Event``."""
        super().set()
        if self.inbox is not None:
            self.inbox.close()


def _serve(service: Service, connection: socket.socket, step_timeout_s: float, stop: _Stop) -> None:
    watchdog = threading.Timer(step_timeout_s, _give_up)
    watchdog.daemon = True

    def hung_up() -> None:
        # A step that never ends would keep the next client waiting for ever.
        watchdog.start()

    outbox = Outbox(connection.makefile("wb"))
    inbox = stop.inbox = Inbox(connection.makefile("rb"), ended=hung_up)
    try:
        service.serve(inbox, outbox, stopped=stop.is_set)
    finally:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RD)
        inbox.join()
        watchdog.cancel()
        outbox.close()


def _give_up() -> None:
    logger.error("a step did not end after its client had gone; whoever started me starts me again")
    os._exit(STUCK)


@contextlib.contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        # Owner and group: bot and engine may run as two users of one group.
        before = os.umask(0o117)
        try:
            server.bind(str(path))
        finally:
            os.umask(before)
        server.listen(1)
        try:
            yield server
        finally:
            path.unlink(missing_ok=True)
