"""What makes a loaded checkpoint quicker, each part an option of its row."""

from engine.acceleration.applying import accelerate

__all__ = ["accelerate"]
