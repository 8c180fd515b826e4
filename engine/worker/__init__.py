"""The engine process: ``python -m engine.worker``, spoken to over its standard streams."""
