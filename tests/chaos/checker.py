"""Judges a chaos run by two witnesses only: the fake Discord's log and the bot's database."""

import re
from collections import Counter
from dataclasses import dataclass, field

from tests.wire.books import Entry
from tests.wire.log import Call
from tests.wire.world import walk

DEFERRED_UPDATE = 6
# Faults after which no sentence can be put into a message.
CLOSED = ("404/10008", "403/50001", "403/50013")
JOB_IN_CUSTOM_ID = re.compile(r"^r:(\w+):([0-9a-z]{1,32})$")
# Under several pictures: the button of each, which carries the id of its own job.
PLACE = re.compile(r"^v[1-9]$")
# Of a message that shows fewer pictures than were asked for.
LEFT_OUT = "not counted"


@dataclass
class Verdict:
    """What became of the jobs.

    Attributes:
        kinds: How often calls met each kind of fault.
        findings: A line for everything that breaks a promise.
    """

    jobs: int = 0
    faults: int = 0
    delivered: int = 0
    refunded: int = 0
    lost: int = 0
    doubled: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def line(self, kills: int) -> str:
        """The counts in one line."""
        return (
            f"{self.jobs} jobs, {kills} kills, {self.faults} faults, {self.delivered} delivered, "
            f"{self.refunded} refunded, {self.lost} lost, {self.doubled} doubled"
        )


def judge(calls: list[Call], entries: list[Entry]) -> Verdict:
    """Hold the log against the database."""
    kinds = Counter(call.fault for call in calls if call.fault is not None)
    verdict = Verdict(jobs=len(entries), faults=kinds.total(), kinds=kinds)
    applied = [call for call in calls if call.applied]
    shown = _results(applied)
    last = {call.message_id: call for call in applied if _changes_message(call)}
    for entry in entries:
        its_last = last.get(entry.message_id or 0)
        owed = entry.delivery == "delivered" or not _closed(calls, entry.message_id)
        _judge_one(verdict, entry, shown.get(entry.id, set()), its_last, owed=owed)
    known = {entry.id for entry in entries}
    for job_id in _promised(applied) - known:
        verdict.lost += 1
        verdict.findings.append(f"{job_id}: a member was told that it waits, but it is unknown")
    return verdict


def _changes_message(call: Call) -> bool:
    """Whether a message is another after it; one that is read or deferred is not."""
    reads = call.method == "GET"
    defers = call.path.endswith("/callback") and call.json.get("type") == DEFERRED_UPDATE
    return call.message_id is not None and not reads and not defers


def _judge_one(
    verdict: Verdict, entry: Entry, messages: set[int], last: Call | None, *, owed: bool
) -> None:
    """Count one job; a sentence is ``owed`` to its member where its message could be edited."""

    def finds(text: str) -> None:
        verdict.findings.append(
            f"{entry.id} ({entry.status}, attempt {entry.attempt}, {entry.delivery}): {text}"
        )

    if len(messages) > 1:
        verdict.doubled += 1
        finds(f"its result is shown in {len(messages)} messages")
    elif entry.reserved != 1 or entry.settled > 1 or entry.charged not in (0, 1):
        verdict.doubled += 1
        finds(f"charged {entry.reserved} times, settled {entry.settled} times")
    elif entry.open:
        verdict.lost += 1
        finds("it has no outcome that was told")
    elif entry.status == "done" and entry.delivery == "delivered":
        if not messages or not _still_shown(last):
            verdict.lost += 1
            finds("it counts as delivered, but no message shows it")
        elif entry.charged != 1:
            verdict.doubled += 1
            finds("it was delivered and refunded")
        else:
            verdict.delivered += 1
    elif entry.charged != 0:
        verdict.lost += 1
        finds("it was charged and neither delivered nor refunded")
    elif owed and not (_told(last) or (entry.group_id and _told_beside_others(last))):
        verdict.lost += 1
        finds("it was refunded without a sentence in its message")
    else:
        verdict.refunded += 1


def _results(calls: list[Call]) -> dict[str, set[int]]:
    """By job: the messages that showed its finished picture."""
    found: dict[str, set[int]] = {}
    for call in calls:
        if call.message_id is None or not _shows(call):
            continue
        for job_id in _pictured(call):
            found.setdefault(job_id, set()).add(call.message_id)
    return found


def _shows(call: Call) -> bool:
    """Whether a call brought a finished picture."""
    if not call.files or not isinstance(call.json, dict):
        return False
    names = [a.get("filename", "") for a in call.json.get("attachments") or []]
    return not any("preview" in name for name in names)


def _still_shown(last: Call | None) -> bool:
    """Whether the last that was done to a message brought its picture, or deleted it."""
    return last is not None and (_shows(last) or last.method == "DELETE")


def _pictured(call: Call) -> set[str]:
    """The jobs whose pictures stand in a message: of several, each has its own button."""
    buttons = _buttons(call)
    several = {job_id for word, job_id in buttons if PLACE.match(word)}
    return several or {job_id for _, job_id in buttons}


def _promised(calls: list[Call]) -> set[str]:
    """Jobs that some member was told of as waiting: their message had a Cancel button."""
    return {job_id for call in calls for word, job_id in _buttons(call) if word == "cancel"}


def _buttons(call: Call) -> set[tuple[str, str]]:
    custom_ids = [str(node.get("custom_id", "")) for node in walk(call.json)]
    matches = [JOB_IN_CUSTOM_ID.match(custom_id) for custom_id in custom_ids]
    return {(match[1], match[2]) for match in matches if match}


def _told(last: Call | None) -> bool:
    """Whether the last that was done to a message left a sentence and no buttons in it."""
    if last is None or not isinstance(last.json, dict):
        return False
    return bool(last.json.get("content")) and not _buttons(last) and not last.files


def _told_beside_others(last: Call | None) -> bool:
    """Whether a message shows other pictures of the same wish, and says that some are missing."""
    if last is None or not isinstance(last.json, dict):
        return False
    return _shows(last) and LEFT_OUT in str(last.json.get("content"))


def _closed(calls: list[Call], message_id: int | None) -> bool:
    """Whether a message is unknown, gone, or out of the bot's reach in the end."""
    if message_id is None:
        return True
    addressed = [call for call in calls if call.path.endswith(f"/messages/{message_id}")]
    if not addressed:
        return False
    last = addressed[-1]
    gone = last.fault is None and (last.status == 404 or last.method == "DELETE")
    return gone or last.fault in CLOSED
