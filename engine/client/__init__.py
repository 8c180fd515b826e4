"""The torch-free client of an engine: a child process, or one that runs by itself."""

from engine.client.local import LocalEngine
from engine.client.options import EngineOptions

__all__ = ["EngineOptions", "LocalEngine"]
