"""The actors of a cluster: found or made, asked how they are, mourned, and replaced."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import msgspec
import ray
from ray.exceptions import RayError

from engine.client.options import RayOptions
from engine.protocol import Fatal, Hello
from engine.ray.actor import ActorState
from engine.ray.loading import new_actor
from engine.ray.options import NAMESPACE, actor_prefix
from engine.ray.seats import Seat, drain_slow

logger = logging.getLogger(__name__)

POLL_S = 1.0
# While other gateways use an actor, only asking tells when it is free.
SHARED_POLL_S = 0.2
LOOK_FOR_NODES_S = 5.0
RETRY_S = 0.5


class Fleet:
    """Keeps one actor for each GPU of the cluster (or for each share of its processors).

    Args:
        changed: Called when a seat may have become free, or its health is another.
        died: Called with a seat whose process is gone, and how, once for each death.
        unfit: Called with the reason when a checkpoint cannot be loaded anywhere.
    """

    def __init__(
        self,
        options: RayOptions,
        *,
        changed: Callable[[], None],
        died: Callable[[Seat, str], None],
        unfit: Callable[[Fatal], None],
    ) -> None:
        self._options = options
        self._changed, self._died, self._unfit = changed, died, unfit
        self.seats: dict[str, Seat] = {}
        self.found = asyncio.Event()
        """Set once there is a seat for every actor that was there at the start."""
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Look for actors and nodes from now on."""
        self._own(self._grow())
        self._own(self._replace_others())

    async def close(self) -> None:
        """Stop looking; the actors stay where they are."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def kill(self, seat: Seat) -> None:
        """End an actor at once; Ray starts it again, and nothing that was in it is read."""
        seat.gone()
        await asyncio.to_thread(ray.kill, seat.actor, no_restart=False)

    def _own(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("a task of the gateway ended", exc_info=error)

    async def _grow(self) -> None:
        """Make an actor for every GPU that joins the cluster."""
        while True:
            for number in range(len(self.seats), await asyncio.to_thread(self._places)):
                name = f"{actor_prefix()}{number}"
                actor = await asyncio.to_thread(new_actor, name, NAMESPACE, self._options)
                self.seats[name] = seat = Seat(name, actor)
                self._own(self._tend(seat))
            self.found.set()
            await asyncio.sleep(LOOK_FOR_NODES_S)

    def _places(self) -> int:
        there: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        if self._options.actor_gpus > 0:
            return int(there.get("GPU", 0) / self._options.actor_gpus)
        return int(there.get("CPU", 0) / self._options.actor_cpus)

    async def _tend(self, seat: Seat) -> None:
        """Greet an actor, then ask it how it is until it dies, again and again."""
        while True:
            try:
                said = await seat.actor.hello.remote()
                greeting = msgspec.msgpack.decode(said, type=Hello | Fatal)
                if isinstance(greeting, Fatal):
                    logger.error("%s cannot be made ready: %s", seat.name, greeting.message)
                    seat.drain(greeting.message)
                    self._unfit(greeting)
                    return
                await self._ask(seat, greeting)
            except RayError as error:
                self.bury(seat, _first_line(error))
            except TimeoutError:
                # Not dead, and yet not there: its loop hangs, which Ray does not notice.
                self.bury(seat, f"no answer for {self._options.step_timeout_s:g} s")
                await self.kill(seat)
            await asyncio.sleep(RETRY_S)

    def bury(self, seat: Seat, reason: str) -> None:
        """Give an actor nothing more until it answers again."""
        # One that is being started again refuses every greeting until it is there.
        if seat.hello is not None:
            seat.gone()
            logger.error("%s died: %s", seat.name, reason)
            self._died(seat, reason)

    async def _ask(self, seat: Seat, hello: Hello) -> None:
        while True:
            async with asyncio.timeout(self._options.step_timeout_s):
                told = await seat.actor.state.remote()
            state = msgspec.msgpack.decode(told, type=ActorState)
            if not state.greeted:
                # Ray may start it again between two questions, and then it has to be greeted anew.
                self.bury(seat, "it was started again")
                return
            if seat.hello is None:
                seat.greeted(hello)
                logger.info("%s is ready: %s on %s", seat.name, hello.device, state.node)
            seat.report, seat.node = state.report, state.node
            seat.told(state.running, state.quiet_s)
            seat.try_again()
            drain_slow(self.seats.values())
            self._changed()
            await asyncio.sleep(SHARED_POLL_S if seat.others else POLL_S)

    async def _replace_others(self) -> None:
        """Let actors of other versions finish what they have, then end them."""
        while others := await asyncio.to_thread(_of_other_versions):
            for name in others:
                await self._replace(name)
            await asyncio.sleep(POLL_S)

    async def _replace(self, name: str) -> None:
        try:
            actor: Any = await asyncio.to_thread(ray.get_actor, name, NAMESPACE)
            if not await actor.drain.remote():
                return
            logger.info("%s gives its place to this version", name)
            await asyncio.to_thread(ray.kill, actor, no_restart=True)
        except (RayError, ValueError) as error:
            logger.warning("%s could not be drained: %s", name, _first_line(error))


def _of_other_versions() -> list[str]:
    # Of our namespace only, which is that of the connection.
    named = ray.util.list_named_actors()
    return [name for name in named if not name.startswith(actor_prefix())]


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
