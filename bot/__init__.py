"""The Discord side of Restyle: commands, job queue, delivery. Never imports torch."""

__version__ = "0.1.0"
