"""Which source becomes which file under which seed."""

import re
from pathlib import Path

import pytest

from bot.files.plan import BadPlan, plan
from engine.resolve import MAX_SEED


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    return _file(tmp_path / "in" / "cat.jpg")


def _file(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"a picture")
    return path


def _names(folder: Path, sources: list[Path], *, count: int = 1) -> list[str]:
    tasks = plan(sources, folder, seed=1, count=count)
    assert {task.target.parent for task in tasks} == {folder}
    return [task.target.name for task in tasks]


def test_one_result_goes_to_the_very_file_and_its_folder_is_made(tmp_path: Path, cat: Path) -> None:
    target = tmp_path / "deep" / "down" / "new.webp"
    [task] = plan([cat], target, seed=7, count=1)
    assert (task.source, task.target, task.seed) == (cat, target, 7)
    assert target.parent.is_dir()
    assert not target.exists()


def test_one_result_goes_into_a_folder_that_is_there(tmp_path: Path, cat: Path) -> None:
    assert _names(tmp_path, [cat]) == ["cat.png"]


@pytest.mark.parametrize("name", ["a.PNG", "a.Jpg", "a.jpeg", "a.webp"])
def test_suffixes_in_any_case_are_taken(tmp_path: Path, cat: Path, name: str) -> None:
    [task] = plan([cat], tmp_path / name, seed=1, count=1)
    assert task.target.name == name


def test_several_results_are_numbered_and_their_seeds_follow_each_other(
    tmp_path: Path, cat: Path
) -> None:
    dog = _file(tmp_path / "in" / "dog.png")
    tasks = plan([cat, dog], tmp_path / "out", seed=40, count=2)
    assert [(task.source, task.target.name, task.seed) for task in tasks] == [
        (cat, "cat-1.png", 40),
        (cat, "cat-2.png", 41),
        (dog, "dog-1.png", 40),
        (dog, "dog-2.png", 41),
    ]


def test_sources_of_one_name_do_not_overwrite_each_other(tmp_path: Path, cat: Path) -> None:
    others = [_file(tmp_path / folder / "cat.png") for folder in ("a", "b")]
    assert _names(tmp_path / "out", [cat, *others]) == ["cat.png", "cat-2.png", "cat-3.png"]


def test_a_made_up_name_does_not_meet_a_real_one(tmp_path: Path, cat: Path) -> None:
    others = [_file(tmp_path / "a" / "cat-2.jpg"), _file(tmp_path / "a" / "cat.jpg")]
    names = _names(tmp_path / "out", [cat, *others])
    assert names == ["cat.png", "cat-2.png", "cat-3.png"]


def test_names_that_differ_in_case_only_are_kept_apart(tmp_path: Path, cat: Path) -> None:
    other = _file(tmp_path / "a" / "CAT.jpg")
    assert _names(tmp_path / "out", [cat, other]) == ["cat.png", "CAT-2.png"]


def test_without_a_seed_each_call_draws_its_own(tmp_path: Path, cat: Path) -> None:
    seeds = [plan([cat], tmp_path / "new.png", seed=None, count=1)[0].seed for _ in range(4)]
    assert len(set(seeds)) == 4
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_the_last_seed_may_be_used_but_not_passed(tmp_path: Path, cat: Path) -> None:
    [task] = plan([cat], tmp_path / "new.png", seed=MAX_SEED, count=1)
    assert task.seed == MAX_SEED
    with pytest.raises(BadPlan, match="no room for 2 seeds"):
        plan([cat], tmp_path / "out", seed=MAX_SEED, count=2)


def test_a_missing_source_or_a_folder_is_refused(tmp_path: Path, cat: Path) -> None:
    for source in (tmp_path / "nowhere.jpg", tmp_path):
        with pytest.raises(BadPlan, match=re.escape(f"There is no file {source}.")):
            plan([cat, source], tmp_path / "out", seed=1, count=1)


@pytest.mark.parametrize("name", ["new.gif", "new"])
def test_an_unknown_suffix_is_refused(tmp_path: Path, cat: Path, name: str) -> None:
    with pytest.raises(BadPlan, match=r"does not end in one of \.png, \.webp"):
        plan([cat], tmp_path / name, seed=1, count=1)


@pytest.mark.parametrize("exists", [True, False])
def test_several_results_do_not_fit_into_one_file(tmp_path: Path, cat: Path, exists: bool) -> None:
    target = tmp_path / "new.png"
    if exists:
        _file(target)
    with pytest.raises(BadPlan, match="name a folder"):
        plan([cat, cat], target, seed=1, count=1)
    assert target.exists() == exists


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path, cat: Path) -> None:
    with pytest.raises(BadPlan, match="is no folder and cannot be made one"):
        plan([cat], cat / "new.png", seed=1, count=1)


def test_a_name_too_long_is_one_sentence(tmp_path: Path) -> None:
    endless = tmp_path / ("a" * 300 + ".png")
    with pytest.raises(BadPlan, match=r"(There is no file .*|aaa\.png cannot be used: .*)\.$"):
        plan([endless], tmp_path / "new.png", seed=1, count=1)


def test_no_result_overwrites_a_source(tmp_path: Path, cat: Path) -> None:
    png = _file(tmp_path / "in" / "dog.png")
    for sources, out in (([png], png), ([png], png.parent), ([cat, png], png.parent)):
        with pytest.raises(BadPlan, match="would overwrite it"):
            plan(sources, out, seed=1, count=1)
    around = tmp_path / "in" / ".." / "in" / "dog.png"
    with pytest.raises(BadPlan, match="would overwrite it"):
        plan([png], around, seed=1, count=1)
