"""What runs on a node when an actor is made: its checkpoint, or a rehearsal of one."""

import argparse
from functools import partial
from typing import Any

import ray

from engine.client.options import RayOptions
from engine.ray.actor import EngineActor
from engine.worker.exchange import Served
from engine.worker.rehearsal import Rehearsal


def new_actor(name: str, namespace: str, options: RayOptions) -> Any:
    """The actor of that name, made when there is none; it waits for a node with room.

    It is detached: it stays when the gateway ends, with its weights. Ray starts it again when it
    dies, and never runs an attempt again by itself.
    """
    remote = ray.remote(EngineActor)
    return remote.options(
        name=name,
        namespace=namespace,
        lifetime="detached",
        get_if_exists=True,
        num_gpus=options.actor_gpus,
        num_cpus=options.actor_cpus,
        max_restarts=-1,
        max_task_retries=0,
        max_concurrency=1000,
    ).remote(partial(_load, options), _node_address)


def _load(options: RayOptions) -> Served:
    if options.rehearsal_step_s is not None:
        return Rehearsal(options.rehearsal_step_s, options.checkpoint)
    from engine.quiet import hush_libraries
    from engine.worker.service import Service

    hush_libraries()
    return Service.load(
        argparse.Namespace(
            checkpoint=options.checkpoint,
            also=list(options.also),
            checkpoints_file=options.checkpoints_file,
            device=options.device,
            max_rows=options.max_rows,
            profile_dir=options.profile_dir,
            traces_endpoint=options.traces_endpoint,
        )
    )


def _node_address() -> str:
    return str(ray.util.get_node_ip_address())  # type: ignore[no-untyped-call]
