"""Entry of the gateway process: options, standard streams, the cluster, then the loop."""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from typing import BinaryIO

import ray

from engine.client.options import RayOptions
from engine.protocol import (
    HEADER_BYTES,
    Fatal,
    ProtocolError,
    Request,
    body_length,
    decode_request,
)
from engine.ray.gateway import Gateway
from engine.ray.options import NAMESPACE
from engine.worker.streams import Outbox, claim_standard_streams

logger = logging.getLogger(__name__)

PROBE_S = 5.0
NO_CLUSTER = "No Ray cluster answers at {address}: {reason}"


def main() -> int:
    """Serve the parent over standard streams; ``sys.argv[1]`` holds the options as JSON."""
    logging.basicConfig(
        stream=sys.stderr, level="INFO", format="%(levelname)s %(name)s %(message)s"
    )
    # Ctrl-C reaches the whole process group; when to stop is for the parent to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, replies = claim_standard_streams()
    options = RayOptions.read(sys.argv[1])
    outbox = Outbox(replies)
    try:
        _connect(options)
    except (OSError, RuntimeError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        outbox.put(Fatal("ray", NO_CLUSTER.format(address=options.address, reason=reason)))
        outbox.close()
        return 1
    try:
        return asyncio.run(_serve(options, requests, outbox))
    finally:
        outbox.close()


def _connect(options: RayOptions) -> None:
    host, _, port = options.address.rpartition(":")
    if host and port.isdecimal():
        # Ray itself tries for a minute before it says anything.
        socket.create_connection((host, int(port)), PROBE_S).close()
    # Nothing is reported to anybody.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(
        address=options.address,
        namespace=NAMESPACE,
        logging_level=logging.ERROR,
        log_to_driver=False,
    )


async def _serve(options: RayOptions, requests: BinaryIO, outbox: Outbox) -> int:
    gateway = Gateway(options, outbox)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), requests)
    loop.add_signal_handler(signal.SIGTERM, reader.feed_eof)
    return await gateway.serve(_requests(reader))


async def _requests(reader: asyncio.StreamReader) -> AsyncIterator[Request]:
    try:
        while True:
            header = await reader.readexactly(HEADER_BYTES)
            yield decode_request(await reader.readexactly(body_length(header)))
    except asyncio.IncompleteReadError:
        return
    except ProtocolError as error:
        logger.error("the client's stream broke: %s", error)


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    os._exit(status)
