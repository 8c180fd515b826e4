"""A bounded memory of what was asked for most recently."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")


class Recent(Generic[KeyT, ValueT]):
    """Keeps the ``entries`` values used last; with 0 it keeps none."""

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._kept: OrderedDict[KeyT, ValueT] = OrderedDict()
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        """How many values are kept now."""
        return len(self._kept)

    def get(self, key: KeyT, make: Callable[[], ValueT]) -> ValueT:
        """The kept value, or what ``make`` returns; an error in ``make`` keeps nothing."""
        if key in self._kept:
            self.hits += 1
            self._kept.move_to_end(key)
            return self._kept[key]
        self.misses += 1
        value = make()
        if self._entries > 0:
            self._kept[key] = value
            if len(self._kept) > self._entries:
                self._kept.popitem(last=False)
        return value
