"""The engine's error tree.

EngineError
├── AttemptError          this attempt failed; the engine goes on
│   ├── InvalidParams         a parameter is out of its range
│   ├── InvalidSource         the source cannot be used
│   ├── NotFinite             the latents turned into NaN or infinity
│   └── OutOfMemory           even one row alone does not fit
├── CheckpointError       a checkpoint is unknown, missing, broken or not safetensors
├── NotInstalled          the packages of the engine are not installed
├── TracingError          traces are wanted that this installation cannot make
└── EngineDead            the process is gone or never became ready
"""


class EngineError(Exception):
    """Root of the tree; ``str(error)`` is one sentence that a member or operator may read."""

    code = "internal"


class AttemptError(EngineError):
    """This attempt failed; other attempts are unharmed."""


class InvalidParams(AttemptError):
    """A parameter is out of its range, or a name in it is unknown."""

    code = "invalid"


class InvalidSource(AttemptError):
    """The source bytes are no picture of the size that the parameters tell."""

    code = "invalid"


class NotFinite(AttemptError):
    """The latents turned into NaN or infinity."""

    code = "nan"


class OutOfMemory(AttemptError):
    """The device has no room even for one row of this size."""

    code = "out_of_memory"


class CheckpointError(EngineError):
    """A checkpoint is unknown, missing, broken, or not in safetensors form."""

    code = "checkpoint"


class NotInstalled(EngineError):
    """An engine is to be started where its packages are not installed."""

    code = "not_installed"


class TracingError(EngineError):
    """Traces are wanted, and the packages for them are not installed."""

    code = "tracing"


class EngineDead(EngineError):
    """The engine process is gone, or did not become ready in time."""

    code = "dead"
