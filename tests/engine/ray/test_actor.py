"""What an actor tells of itself, without Ray around it."""

import msgspec

from engine.protocol import Hello
from engine.ray.actor import ActorState, EngineActor
from engine.worker.rehearsal import Rehearsal


async def test_a_process_that_was_started_again_says_that_nobody_greeted_it_yet() -> None:
    actor = EngineActor(lambda: Rehearsal(0.001, "none"), lambda: "here")
    assert not msgspec.msgpack.decode(await actor.state(), type=ActorState).greeted
    greeting = msgspec.msgpack.decode(await actor.hello(), type=Hello)
    assert greeting.checkpoint == "none"
    assert msgspec.msgpack.decode(await actor.state(), type=ActorState).greeted
