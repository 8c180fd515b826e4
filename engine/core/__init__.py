"""The step loop: takes attempts in, moves their rows on together, gives events out."""

from engine.core.loop import EngineCore

__all__ = ["EngineCore"]
