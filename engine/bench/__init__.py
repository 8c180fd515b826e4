"""Benchmarks of the engine: `python -m engine.bench NAME`, a process of its own."""
