"""The progress of jobs that share a message: put together, and shown by one editor at a time."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from bot.jobs.status import Editor, Status, StatusEditor
from storage.records import Job

MakeEditor = Callable[[Job], StatusEditor]


class Boards:
    """Gives each job its editor; those of a group write on the same board."""

    def __init__(self, make_editor: MakeEditor) -> None:
        self._make_editor = make_editor
        self._boards: dict[str, _Board] = {}

    def editor_for(self, job: Job, count: int) -> Editor:
        """The editor of ``job``, one of ``count`` that share a message."""
        if job.group_id is None:
            return self._make_editor(job)
        board = self._boards.get(job.group_id)
        if board is None:
            forget = partial(self._boards.pop, job.group_id, None)
            board = self._boards[job.group_id] = _Board(partial(self._make_editor, job), forget)
        return board.seat(job.id, count)


class _Board:
    def __init__(
        self, make_editor: Callable[[], StatusEditor], forget: Callable[[], object]
    ) -> None:
        self._make_editor = make_editor
        self._forget = forget
        self._editor: StatusEditor | None = None
        self._open: set[str] = set()
        self._statuses: dict[str, Status] = {}

    def seat(self, job_id: str, count: int) -> "_Seat":
        self._open.add(job_id)

        def show(status: Status) -> None:
            self._statuses[job_id] = status
            if self._editor is None:
                self._editor = self._make_editor()
            self._editor.show(together(self._statuses.values(), count, status.preview))

        return _Seat(show, partial(self._leave, job_id))

    async def _leave(self, job_id: str) -> None:
        self._open.discard(job_id)
        if not self._open:
            self._forget()
        # Whoever is left begins a new editor with the next thing to show. So when the last job of
        # a group is written down as over, no edit is under way that could land on the result.
        editor, self._editor = self._editor, None
        if editor is not None:
            await editor.close()


class _Seat:
    def __init__(
        self, show: Callable[[Status], None], leave: Callable[[], Awaitable[None]]
    ) -> None:
        self._show = show
        self._leave = leave
        self._left = False

    def show(self, status: Status) -> None:
        if not self._left:
            self._show(status)

    async def close(self) -> None:
        if not self._left:
            self._left = True
            await self._leave()


def together(statuses: Iterable[Status], count: int, preview: bytes | None) -> Status:
    """The steps of ``count`` jobs as one status; those that have not begun count as long as others.

    Args:
        preview: The newest of any of them.
    """
    known = list(statuses)
    longest = max(status.total for status in known)
    return Status(step=sum(status.step for status in known), total=longest * count, preview=preview)
