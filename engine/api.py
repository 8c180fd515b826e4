"""The one seam between a bot and an engine: what every engine client can do."""

from collections.abc import AsyncGenerator
from typing import Protocol

import msgspec

from engine.events import Event
from engine.params import Attempt


class WorkerHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One GPU of several, as its engine's gateway sees it.

    Attributes:
        name: The actor's name.
        alive: Whether it has a place on a node and its checkpoint is loaded.
        node: Address of the node; empty before it has one.
        running: How many attempts are in it.
        drained: Why it gets no more work for now; empty while it does.
    """

    name: str
    alive: bool
    node: str = ""
    device: str = ""
    slots: int = 0
    running: int = 0
    drained: str = ""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How an engine is, as of now.

    Attributes:
        alive: Whether a process is there and answers.
        device: ``"cpu"``, ``"cuda:0"`` …; empty before the first hello.
        slots: How many attempts it wants at once; a dispatcher hands over no more. 0 where all are
            taken by others, or nothing is there to take any.
        running: Keys in the engine now.
        restarts: How often the supervisor had to start it again.
        step_seconds: Measured seconds per denoising step, by ``"{checkpoint} {width}x{height}"``.
        profiled_seconds: What a step of one job took when it was tried at the start, in the same
            form; known before there were jobs.
        checkpoint: Name of the checkpoint that is loaded, empty if none.
        max_rows: Most latents in one denoiser call, lower than asked for where memory ran out.
        out_of_memory: How often memory ran out since the process started.
        calls: Denoiser calls since the process started, by the latents that shared them.
        memory_bytes: What is taken of the device's memory; on a CPU, what the process takes.
        memory_total_bytes: All that the device has; 0 before the first report.
        workers: The GPUs behind it, where there may be several.
    """

    alive: bool
    device: str = ""
    slots: int = 1
    running: tuple[str, ...] = ()
    restarts: int = 0
    step_seconds: dict[str, float] = {}
    profiled_seconds: dict[str, float] = {}
    checkpoint: str = ""
    max_rows: int = 0
    out_of_memory: int = 0
    calls: dict[int, int] = {}
    memory_bytes: int = 0
    memory_total_bytes: int = 0
    workers: tuple[WorkerHealth, ...] = ()


class Engine(Protocol):
    """Runs attempts. Implemented by the child process client and by the Ray client."""

    async def start(self) -> None:
        """Bring the engine up; raise ``EngineDead`` when it is not ready in time."""

    def submit(self, attempt: Attempt) -> AsyncGenerator[Event, None]:
        """Hand over an attempt and yield its events, the last of them terminal.

        Whoever closes the generator before that takes the attempt back.

        Never raises for what happens to the attempt: a dead engine is a ``Lost`` event.
        """

    def attach(self, key: str, after_seq: int) -> AsyncGenerator[Event, None]:
        """Yield the events of an attempt handed over before that are numbered above ``after_seq``.

        The last of them is terminal: ``Lost`` when the engine does not know the attempt.
        """

    async def cancel(self, key: str) -> None:
        """Ask for an attempt to stop at the next step boundary; unknown keys are ignored."""

    def health(self) -> Health:
        """The last known state, without waiting."""

    async def wait_ready(self) -> None:
        """Return when the engine can take attempts (again)."""

    async def close(self) -> None:
        """End the process; attempts still in it yield ``Lost``."""
