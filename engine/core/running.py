"""One attempt inside the loop: its row, its clock and its numbered events."""

import time
from dataclasses import dataclass, field
from typing import Any

from engine.colour import match_colours
from engine.encoding import encode_preview, encode_result
from engine.events import Cancelled, Done, Event, Failed, Preview, Progress, Started
from engine.families.base import Family, Inputs, Row
from engine.params import Attempt, RestyleParams

PREVIEW_INTERVAL_S = 1.0


@dataclass(slots=True)
class Running:
    """An attempt whose source is encoded.

    Attributes:
        submitted_s: When it came in, on the clock of ``time.perf_counter``.
        seq: Number of its next event.
    """

    attempt: Attempt
    inputs: Inputs
    notes: tuple[str, ...]
    row: Row
    submitted_s: float = field(default_factory=time.perf_counter)
    started_s: float = field(default_factory=time.perf_counter)
    seq: int = 0
    previewed_s: float = field(default_factory=time.perf_counter)

    @property
    def key(self) -> str:
        """The attempt's key."""
        return self.attempt.key

    @property
    def params(self) -> RestyleParams:
        """The resolved parameters."""
        return self.inputs.params

    @property
    def over(self) -> bool:
        """Whether all steps are done."""
        return self.row.step >= self.row.total

    def next_seq(self) -> int:
        """Number an event."""
        self.seq += 1
        return self.seq - 1

    def started(self) -> Started:
        """The first event."""
        return Started(self.key, self.next_seq())

    def stepped(self, family: Family[Any]) -> list[Event]:
        """Progress, and a preview where one is wanted, due and to be had."""
        events: list[Event] = [Progress(self.key, self.next_seq(), self.row.step, self.row.total)]
        due = time.perf_counter() - self.previewed_s >= PREVIEW_INTERVAL_S
        if self.attempt.previews and due and not self.over:
            image = family.preview(self.row)
            if image is not None:
                events.append(Preview(self.key, self.next_seq(), encode_preview(image)))
            self.previewed_s = time.perf_counter()
        return events

    def finished(self, family: Family[Any]) -> Done:
        """Decode and encode the result."""
        image, latents = family.finish(self.row)
        if self.inputs.colour_reference is not None:
            image = match_colours(image, self.inputs.colour_reference)
        encoded = encode_result(image)
        return Done(
            key=self.key,
            seq=self.next_seq(),
            image=encoded,
            latents=latents,
            width=image.width,
            height=image.height,
            num_inference_steps=self.params.num_inference_steps or 0,
            guidance_scale=self.params.guidance_scale or 0.0,
            seconds=time.perf_counter() - self.started_s,
            notes=self.notes + self.row.notes,
            flagged=family.flagged(image),
        )

    def cancelled(self) -> Cancelled:
        """The last event of an attempt that was asked to stop."""
        return Cancelled(self.key, self.next_seq())

    def failed(self, code: str, message: str) -> Failed:
        """The last event of an attempt that went wrong."""
        return Failed(self.key, self.next_seq(), code, message)
