"""The torch-free client of an engine that runs as a child process."""

from engine.client.local import LocalEngine
from engine.client.process import EngineOptions

__all__ = ["EngineOptions", "LocalEngine"]
