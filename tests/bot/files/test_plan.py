"""Which source becomes which file."""

from pathlib import Path

import pytest

from bot.files.plan import BadPlan, plan


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"any")
    return path


def test_one_source_becomes_the_named_file(photo: Path, tmp_path: Path) -> None:
    [task] = plan([photo], tmp_path / "new" / "out.webp", seed=7, count=1)
    assert (task.target, task.seed) == (tmp_path / "new" / "out.webp", 7)
    assert task.target.parent.is_dir()


def test_a_folder_takes_one_too(photo: Path, tmp_path: Path) -> None:
    [task] = plan([photo], tmp_path, seed=7, count=1)
    assert task.target == tmp_path / "photo.png"


def test_several_results_of_one_source_get_the_seeds_that_follow(
    photo: Path, tmp_path: Path
) -> None:
    tasks = plan([photo], tmp_path / "out", seed=7, count=3)
    assert [(task.target.name, task.seed) for task in tasks] == [
        ("photo-1.png", 7),
        ("photo-2.png", 8),
        ("photo-3.png", 9),
    ]


def test_two_sources_of_one_name_do_not_overwrite_each_other(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    other = tmp_path / "b" / "photo.png"
    other.write_bytes(b"any")
    tasks = plan([photo, other], tmp_path / "out", seed=1, count=1)
    assert [task.target.name for task in tasks] == ["photo.png", "photo-2.png"]


def test_without_a_seed_sources_share_a_fresh_one(photo: Path, tmp_path: Path) -> None:
    seeds = {plan([photo], tmp_path / "o.png", seed=None, count=1)[0].seed for _ in range(20)}
    assert len(seeds) > 1


def test_what_cannot_be_is_refused(photo: Path, tmp_path: Path) -> None:
    with pytest.raises(BadPlan, match="There is no file"):
        plan([tmp_path / "nowhere.jpg"], tmp_path / "o.png", seed=1, count=1)
    with pytest.raises(BadPlan, match="does not end in one of"):
        plan([photo], tmp_path / "out.gif", seed=1, count=1)
    with pytest.raises(BadPlan, match="no folder"):
        plan([photo, photo], photo, seed=1, count=1)
    with pytest.raises(BadPlan, match="no folder"):
        plan([photo], photo / "out.png", seed=1, count=1)
