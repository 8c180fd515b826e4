"""How an engine is reached, or started."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Self

import msgspec

from engine.errors import NotInstalled


class EngineOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How an engine is reached, or started.

    Attributes:
        socket: Where an engine that runs by itself listens; None starts a child process.
        checkpoint: Name of a row in the checkpoint table.
        also: Names of rows that the engine changes over to when an attempt asks for one.
        checkpoints_file: TOML file whose rows are added to the table that ships.
        device: ``"auto"`` or a device as torch names it.
        max_rows: Most latents that share one denoiser call.
        profile_dir: Where measured step times are kept between starts; None measures none, and
            every row that may share a call does.
        ready_timeout_s: How long it may take until the checkpoint is loaded.
        step_timeout_s: How long it may be silent while it has work.
        traces_endpoint: Where its spans are sent by OTLP over HTTP; None sends none.
    """

    # The extra of pyproject.toml whose packages `command` needs, and one of them.
    extra: ClassVar[str] = "engine"
    package: ClassVar[str] = "diffusers"

    socket: Path | None = None
    checkpoint: str = "embedded"
    also: tuple[str, ...] = ()
    checkpoints_file: Path | None = None
    device: str = "auto"
    max_rows: int = 8
    profile_dir: Path | None = None
    ready_timeout_s: float = 300.0
    step_timeout_s: float = 120.0
    traces_endpoint: str | None = None

    def check_installed(self) -> None:
        """Raise ``NotInstalled`` where ``command`` would end for want of packages."""
        if find_spec(self.package) is None:
            raise NotInstalled(
                f"This installation has no engine: install the extra `{self.extra}`, or set "
                "RESTYLE_ENGINE=socket for an engine that runs by itself."
            )

    def command(self) -> list[str]:
        """The command line of the engine process."""
        command = [sys.executable, "-m", "engine.worker", "--checkpoint", self.checkpoint]
        command += ["--device", self.device, "--max-rows", str(self.max_rows)]
        for name in self.also:
            command += ["--also", name]
        if self.checkpoints_file is not None:
            command += ["--checkpoints-file", str(self.checkpoints_file)]
        if self.profile_dir is not None:
            command += ["--profile-dir", str(self.profile_dir)]
        if self.traces_endpoint is not None:
            command += ["--traces-endpoint", self.traces_endpoint]
        return command


class RayOptions(EngineOptions, frozen=True, kw_only=True):
    """Starts the gateway to a Ray cluster in place of an engine.

    Attributes:
        address: Of the Ray head, ``host:port``; ``auto`` finds the one on this machine.
        actor_gpus: GPUs for each actor; 0 makes actors that live on processors alone.
        actor_cpus: Processors that each actor keeps busy.
        rehearsal_step_s: Seconds that a step takes in a rehearsal without weights; None loads them.
    """

    extra: ClassVar[str] = "ray"
    package: ClassVar[str] = "ray"

    address: str = "auto"
    actor_gpus: float = 1.0
    actor_cpus: float = 1.0
    rehearsal_step_s: float | None = None

    def command(self) -> list[str]:
        """The command line of the gateway process."""
        told = msgspec.json.encode(self, enc_hook=str)
        return [sys.executable, "-m", "engine.ray", told.decode()]

    @classmethod
    def read(cls, told: str) -> Self:
        """The options that ``command`` wrote."""
        # The one type that JSON does not know is that of paths.
        return msgspec.json.decode(told, type=cls, dec_hook=lambda kind, text: kind(text))
