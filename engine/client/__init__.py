"""The torch-free client of an engine: a child process, one that runs by itself, or a cluster."""

from engine.client.local import LocalEngine
from engine.client.options import EngineOptions, RayOptions

__all__ = ["EngineOptions", "LocalEngine", "RayOptions"]
