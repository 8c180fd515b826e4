"""What a gateway is told at its start, and what it tells the actors that it makes."""

from importlib.metadata import version
from pathlib import Path

import msgspec

NAMESPACE = "restyle"


class GatewayOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a gateway reaches the cluster, and what its actors hold.

    Attributes:
        address: Of the Ray head, ``host:port``; ``auto`` finds the one on this machine.
        actor_gpus: GPUs for each actor; 0 makes actors that live on processors alone.
        actor_cpus: Processors that each actor keeps busy.
        checkpoint: Name of a row in the checkpoint table.
        also: Names of rows that an actor changes over to when an attempt asks for one.
        checkpoints_file: TOML file of further rows, at the same path on every node.
        device: ``"auto"`` or a device as torch names it.
        max_rows: Most latents in one denoiser call.
        profile_dir: Where each node keeps its measured step times.
        step_timeout_s: How long an actor may say nothing while it has work.
        traces_endpoint: Where the actors send their part of each job's trace.
        rehearsal_step_s: Seconds that a step takes in a rehearsal without weights; None loads them.
    """

    address: str = "auto"
    actor_gpus: float = 1.0
    actor_cpus: float = 1.0
    checkpoint: str = "embedded"
    also: tuple[str, ...] = ()
    checkpoints_file: Path | None = None
    device: str = "auto"
    max_rows: int = 8
    profile_dir: Path | None = None
    step_timeout_s: float = 120.0
    rehearsal_step_s: float | None = None
    traces_endpoint: str | None = None


def actor_prefix() -> str:
    """What names of actors of this version begin with; those of another one are replaced."""
    return f"restyle-{version('restyle-bot')}-"
