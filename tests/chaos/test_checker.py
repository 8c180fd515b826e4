"""The judge of a chaos run is tried itself: it finds what breaks a promise, and nothing else."""

import dataclasses
from collections import Counter
from typing import Any

import pytest

from tests.chaos.__main__ import main
from tests.chaos.checker import Verdict, judge
from tests.chaos.run import Outcome
from tests.wire.books import Entry
from tests.wire.log import Call

MESSAGE = 7
DONE = Entry(
    id="job",
    group_id=None,
    user_id=1,
    message_id=MESSAGE,
    interaction_token="token",
    status="done",
    attempt=1,
    charged=1,
    reserved=1,
    settled=1,
    delivery="delivered",
    told=None,
)
FAILED = dataclasses.replace(DONE, status="failed", charged=0)


def edited(message_id: int = MESSAGE, **changes: Any) -> Call:
    """A call that changed a message."""
    fields: dict[str, Any] = {"status": 200, "applied": True, "message_id": message_id}
    where = {"method": "PATCH", "path": "/webhooks/1/token/messages/7"}
    return Call(**(where | fields | changes))


def with_button(word: str, job_id: str = "job") -> dict[str, Any]:
    button = {"type": 2, "custom_id": f"r:{word}:{job_id}"}
    return {"content": "…", "components": [{"type": 1, "components": [button]}]}


def shows(message_id: int = MESSAGE, name: str = "result.webp", **changes: Any) -> Call:
    """A call that brought the result, or a preview of it."""
    body = with_button("vary_subtle") | {"attachments": [{"id": 0, "filename": name}]}
    return edited(message_id, json=body, files=["files[0]"], **changes)


READ = edited(method="GET", json=None)
DEFERRED = edited(method="POST", path="/interactions/1/token/callback", json={"type": 6})
WAITS = edited(json=with_button("cancel"))
SORRY = edited(json={"content": "That did not work.", "components": []})


@pytest.mark.parametrize(
    ("calls", "entry", "counts"),
    [
        ([WAITS, shows()], DONE, "delivered"),
        ([WAITS, shows(), shows()], DONE, "delivered"),
        ([WAITS, shows(status=0)], DONE, "delivered"),
        ([WAITS, shows(), DEFERRED, READ], DONE, "delivered"),
        ([WAITS, SORRY, DEFERRED, READ], FAILED, "refunded"),
        ([WAITS, DEFERRED, READ], DONE, "lost"),
        ([WAITS, SORRY], FAILED, "refunded"),
        ([WAITS, shows(), shows(8)], DONE, "doubled"),
        ([WAITS, shows()], dataclasses.replace(DONE, reserved=2), "doubled"),
        ([WAITS, shows()], dataclasses.replace(DONE, settled=2), "doubled"),
        ([WAITS, shows()], dataclasses.replace(DONE, charged=2), "doubled"),
        ([WAITS, shows()], dataclasses.replace(DONE, charged=0), "doubled"),
        ([WAITS], DONE, "lost"),
        ([WAITS, shows(applied=False, status=500)], DONE, "lost"),
        ([WAITS, shows(name="preview.webp")], DONE, "lost"),
        ([WAITS], dataclasses.replace(DONE, status="queued", delivery=None), "lost"),
        ([WAITS], dataclasses.replace(DONE, status="running", delivery=None), "lost"),
        ([WAITS, shows()], dataclasses.replace(DONE, delivery="pending"), "lost"),
        ([WAITS], FAILED, "lost"),
        ([WAITS, shows(), WAITS], DONE, "lost"),
        ([WAITS, shows(), SORRY], DONE, "lost"),
        ([WAITS, shows(), edited(method="DELETE")], DONE, "delivered"),
        ([WAITS, SORRY], dataclasses.replace(FAILED, charged=1), "lost"),
    ],
)
def test_each_job_counts_as_what_it_was(calls: list[Call], entry: Entry, counts: str) -> None:
    verdict = judge(calls, [entry])
    told = {name: getattr(verdict, name) for name in ("delivered", "refunded", "lost", "doubled")}
    assert told == {name: int(name == counts) for name in told}
    assert bool(verdict.findings) == (counts in ("lost", "doubled"))


SEVERAL = [
    dataclasses.replace(DONE, id=job_id, group_id="job", status=status, charged=charged)
    for job_id, status, charged in (("job", "failed", 0), ("second", "done", 1))
]


@pytest.mark.parametrize(
    ("content", "shown", "counts"),
    [
        ("1 of 2 could not be made, and was not counted.", ["second"], (1, 1, 0)),
        ("All is well.", ["second"], (1, 0, 1)),
        ("1 of 2 could not be made, and was not counted.", [], (0, 1, 1)),
    ],
)
def test_each_of_several_in_a_message_is_judged(
    content: str, shown: list[str], counts: tuple[int, int, int]
) -> None:
    places = [{"type": 2, "custom_id": f"r:v2:{job_id}"} for job_id in shown]
    buttons = [*places, {"type": 2, "custom_id": "r:delete:job"}]
    result = edited(
        json={
            "content": content,
            "components": [{"type": 1, "components": buttons}],
            "attachments": [{"id": 0, "filename": "result.webp"}],
        },
        files=["files[0]"],
    )
    verdict = judge([WAITS, result], SEVERAL)
    assert (verdict.delivered, verdict.refunded, verdict.lost) == counts


def test_who_was_told_to_wait_for_what_nobody_knows_has_lost_it() -> None:
    verdict = judge([edited(json=with_button("cancel", "other")), shows()], [DONE])
    assert (verdict.delivered, verdict.lost) == (1, 1)
    # A message that Discord refused told nobody.
    refused = edited(json=with_button("cancel", "other"), applied=False, status=500)
    assert judge([refused, shows()], [DONE]).lost == 0


def test_faults_are_counted_by_kind() -> None:
    refused = [edited(applied=False, fault=fault) for fault in ("500", "500", "429")]
    verdict = judge([shows(), *refused], [DONE])
    assert verdict.kinds == {"500": 2, "429": 1}
    assert verdict.line(3) == (
        "1 jobs, 3 kills, 3 faults, 1 delivered, 0 refunded, 0 lost, 0 doubled"
    )


@pytest.mark.parametrize("lost", [0, 1])
def test_a_broken_promise_is_told_by_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lost: int
) -> None:
    async def run(*_: object, **__: object) -> Outcome:
        return ended(verdict=Verdict(jobs=1, lost=lost))

    monkeypatch.setattr("tests.chaos.__main__.chaos", run)
    monkeypatch.setattr("sys.argv", ["tests.chaos"])
    assert main() == lost
    assert capsys.readouterr().out.splitlines()[-1].endswith(f"{lost} lost, 0 doubled")


@pytest.mark.parametrize(
    ("changes", "ok"),
    [
        ({}, True),
        ({"verdict": Verdict(lost=1)}, False),
        ({"verdict": Verdict(doubled=1)}, False),
        ({"slow": ["0.3 s of its own"]}, False),
        ({"secret_lines": ["token"]}, False),
        ({"ended_with": -9}, False),
    ],
)
def test_a_run_is_good_where_every_promise_was_kept(changes: dict[str, Any], ok: bool) -> None:
    assert ended(**changes).ok is ok


def ended(**changes: Any) -> Outcome:
    """What a run came to in which all went well, with some of it changed."""
    values: dict[str, Any] = {
        "verdict": Verdict(),
        "kills": 1,
        "gateway": Counter(),
        "downloads": Counter(),
        "wishes": Counter(),
        "harms": Counter(),
        "seconds": 1.0,
        "slow": [],
        "secret_lines": [],
        "ended_with": 0,
    }
    return Outcome(**(values | changes))
