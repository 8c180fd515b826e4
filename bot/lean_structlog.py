"""structlog without rich, which it would take along wherever that is installed.

rich is 5 MiB that a bot never draws with. Whoever wants it imports it afterwards, as the command
line does. Imported first by ``bot/log.py``, before any module that logs.
"""

import sys

if "structlog" not in sys.modules and "rich" not in sys.modules:
    # What stands for None there cannot be imported: see Python's reference, "The module cache".
    sys.modules["rich"] = None  # type: ignore[assignment]
    try:
        import structlog
    finally:
        del sys.modules["rich"]
else:
    import structlog

__all__ = ["structlog"]
