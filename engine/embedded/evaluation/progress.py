"""Progress bars of the evaluation, on standard error: standard output is for the figures."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track

Item = TypeVar("Item")


def shown(items: Sequence[Item], title: str) -> Iterable[Item]:
    """Yield ``items`` while a bar named ``title`` fills."""
    return track(items, title, console=Console(stderr=True))
