"""A Ray cluster on this machine, whose parts benches and tests end with real signals."""

import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from engine.client.options import RayOptions

LOCALHOST = "127.0.0.1"
# Ray gives its own parts a few seconds to come up, which a busy machine may not have.
TRIES = 3


def free_port() -> int:
    """A port of the loopback address that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((LOCALHOST, 0))
        return int(probe.getsockname()[1])


class Cluster:
    """One head with ``cpus`` processors (real or not: Ray only counts them)."""

    def __init__(self, cpus: int) -> None:
        self._cpus = cpus
        self._port = free_port()
        self._head: asyncio.subprocess.Process | None = None
        # Ray makes Unix sockets below it, whose paths must be short.
        self._folder = tempfile.TemporaryDirectory(prefix="ray")

    def options(self, **changes: object) -> RayOptions:
        """For a client of this cluster; a rehearsal with short steps, unless changed."""
        values: dict[str, object] = {
            "address": f"{LOCALHOST}:{self._port}",
            "actor_gpus": 0.0,
            "rehearsal_step_s": 0.01,
            # As the bot always sets one.
            "profile_dir": Path(self._folder.name) / "profiles",
        }
        return RayOptions(**(values | changes))  # type: ignore[arg-type]

    async def start(self) -> None:
        """Start the head, at the same port every time, and wait until it answers."""
        said = b""
        for _ in range(TRIES):
            self._head = await self._spawn()
            assert self._head.stdout is not None
            async for line in self._head.stdout:
                said += line
                if b"Ray runtime started" in line:
                    return
            await self._head.wait()
        raise RuntimeError(f"The Ray head did not start:\n{said.decode(errors='replace')}")

    async def _spawn(self) -> asyncio.subprocess.Process:
        ray = Path(sys.executable).with_name("ray")
        return await asyncio.create_subprocess_exec(
            *(ray, "start", "--head", "--block", "--disable-usage-stats"),
            *("--port", str(self._port), "--node-ip-address", LOCALHOST),
            *("--include-dashboard", "false", "--num-cpus", str(self._cpus)),
            *("--object-store-memory", "200000000", "--temp-dir", self._folder.name),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            # All that it starts is ended with it, whatever happens.
            start_new_session=True,
        )

    async def kill(self) -> None:
        """End the head and everything on its machine as a power cut would."""
        if self._head is None:
            return
        members = self._members()
        for process in members:
            _kill(process)
        # The head is a child of ours, whose end asyncio wants to see itself.
        await self._head.wait()
        await asyncio.to_thread(psutil.wait_procs, members[1:], timeout=10)
        self._head = None

    def kill_actor(self, number: int = 0) -> int:
        """SIGKILL one of the actors; its process id."""
        pid = int(list(self._actors())[number].pid)
        os.kill(pid, signal.SIGKILL)
        return pid

    def _actors(self) -> Iterator[psutil.Process]:
        for process in self._members():
            if "EngineActor" in " ".join(process.cmdline()):
                yield process

    def _members(self) -> list[psutil.Process]:
        """What runs in the head's session, and the workers, which make sessions of their own."""
        assert self._head is not None
        head = psutil.Process(self._head.pid)
        return [head, *head.children(recursive=True)]

    async def close(self) -> None:
        """Nothing is left behind."""
        await self.kill()
        self._folder.cleanup()


def _kill(process: psutil.Process) -> None:
    try:
        os.kill(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@asynccontextmanager
async def cluster(cpus: int) -> AsyncIterator[Cluster]:
    """A running cluster."""
    running = Cluster(cpus)
    await running.start()
    try:
        yield running
    finally:
        await running.close()
