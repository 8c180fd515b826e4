"""The bars of the embedded model: ends, verdicts, and other sizes against the usual one."""

import pytest

from engine.embedded.evaluation.bars import BARS, Bar, verdicts, worse_by

USUAL = {
    "ssim_0.2": 0.9,
    "ssim_0.4": 0.65,
    "ssim_0.6": 0.5,
    "top1": 0.8,
    "top3": 0.9,
    "edges": 0.8,
    "empty_prompt_ssim": 0.85,
}


def test_the_ends_of_a_bar_belong_to_it() -> None:
    bar = Bar(least=0.55, most=0.75)
    assert [bar.holds(figure) for figure in (0.54, 0.55, 0.75, 0.76)] == [False, True, True, False]
    assert Bar(most=0.35).holds(-1.0)


def test_only_what_was_measured_is_judged() -> None:
    found = verdicts({"top1": 0.86, "edges": 0.7, "blotches": 0.1})
    assert found == {
        "top1": {"least": 0.85, "most": None, "ok": True},
        "edges": {"least": 0.75, "most": None, "ok": False},
    }


def test_every_bar_has_an_end() -> None:
    assert all(bar.least is not None or bar.most is not None for bar in BARS.values())


def test_a_size_is_as_bad_as_its_worst_figure() -> None:
    other = USUAL | {"top1": 0.6, "edges": 0.9}
    assert worse_by(other, USUAL) == pytest.approx(0.25)
    assert worse_by(USUAL, USUAL) == 0
