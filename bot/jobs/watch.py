"""Lets others wait for a job's last word: the demo's script, the tests, a clean shutdown."""

import asyncio
from collections import defaultdict


class JobWatch:
    """Turns "this job is finished and its member knows" into something to await."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, list[asyncio.Future[None]]] = defaultdict(list)
        self._delivered: dict[str, None] = {}

    def delivered(self, job_id: str) -> None:
        """Wake everyone who waits for ``job_id``."""
        self._delivered[job_id] = None
        # The last thousand are remembered, for those who ask a moment late.
        while len(self._delivered) > 1000:
            del self._delivered[next(iter(self._delivered))]
        for future in self._waiting.pop(job_id, []):
            if not future.done():
                future.set_result(None)

    async def wait(self, job_id: str) -> None:
        """Return once the outcome of ``job_id`` has been delivered or given up."""
        if job_id in self._delivered:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[job_id].append(future)
        await future
