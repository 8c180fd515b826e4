"""Remembers who pressed what a moment ago, so that a double click asks for one picture only."""

import time
from collections import OrderedDict

# A second press of one button within this time is taken for a slip of the finger.
BUTTON_PAUSE_S = 3.0
# A form is sent again by hand when Discord said that the first time went wrong.
FORM_PAUSE_S = 15.0
REMEMBERED = 2000


class Presses:
    """The latest presses of every member."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[int, str], float] = OrderedDict()

    def again(self, user_id: int, what: str, pause_s: float = BUTTON_PAUSE_S) -> bool:
        """Note a press; whether the member did the same less than ``pause_s`` seconds ago."""
        now, key = time.monotonic(), (user_id, what)
        before = self._last.pop(key, None)
        if before is not None and now - before < pause_s:
            # Kept as it was: whoever goes on hammering gets through after the pause.
            self._last[key] = before
            return True
        self._last[key] = now
        while len(self._last) > REMEMBERED:
            self._last.popitem(last=False)
        return False

    def recent(self, user_id: int, what: str, pause_s: float = BUTTON_PAUSE_S) -> bool:
        """Whether the member did so less than ``pause_s`` seconds ago; nothing is noted."""
        before = self._last.get((user_id, what))
        return before is not None and time.monotonic() - before < pause_s

    def forget(self, user_id: int, what: str) -> None:
        """The press led to nothing, so the next one is no repetition."""
        self._last.pop((user_id, what), None)
