"""The list of photographs: free licences only, nothing both trained on and judged by."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.embedded.data.catalogue import ALLOWED_LICENCES, packages, photo_files
from engine.embedded.data.qt_resources import resources
from engine.embedded.data.reading import centre_crop, read_photo


def test_the_evaluation_set_is_large_enough_and_apart() -> None:
    train = {file.name for file in photo_files("train")}
    evaluation = {file.name for file in photo_files("evaluation")}
    assert len(evaluation) >= 24
    assert not train & evaluation
    assert len(train) + len(evaluation) == len(photo_files())


def test_every_photograph_has_a_free_licence_and_a_credit() -> None:
    for file in photo_files():
        assert file.licence in ALLOWED_LICENCES
        assert file.credit
    assert not any("-SA" in licence or "GPL" in licence for licence in ALLOWED_LICENCES)


def test_pictures_that_others_are_judged_by_are_not_trained_on() -> None:
    names = {Path(file.path).name for file in photo_files("train")}
    assert not names & {"china.jpg", "astronaut.png", "coffee.png", "chelsea.png"}
    assert not any(package.name in {"scikit-image", "scikit-learn"} for package in packages())


def test_notice_credits_every_package() -> None:
    notice = (Path(__file__).parents[3] / "NOTICE").read_text("utf-8")
    for file in photo_files():
        assert file.package.name in notice
        assert file.credit in notice


def test_a_share_alike_licence_is_refused(tmp_path: Path) -> None:
    listing = tmp_path / "photos.toml"
    listing.write_text(
        '[[package]]\nindex = "debian"\nname = "p"\nversion = "1"\n'
        '[[package.photos]]\nlicence = "CC-BY-SA-4.0"\ncredit = "x"\nfolder = "f"\ntrain = ["a"]\n'
    )
    with pytest.raises(ValueError, match=r"CC-BY-SA-4\.0"):
        photo_files(listing=listing)


def test_a_transparent_picture_is_read_on_white(tmp_path: Path) -> None:
    path = tmp_path / "clear.png"
    Image.new("RGBA", (30, 20), (255, 0, 0, 0)).save(path)
    (picture,) = read_photo(path)
    assert picture.shape == (20, 30, 3)
    assert (picture == 255).all()


def test_the_middle_is_cut_out_in_the_wanted_shape() -> None:
    picture = np.zeros((100, 300, 3), np.uint8)
    picture[:, 100:200] = 200
    square = centre_crop(picture, 50, 50)
    assert square.shape == (50, 50, 3)
    assert square.mean() > 195


def test_a_file_that_is_no_resource_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "some.rcc"
    path.write_bytes(b"not a resource file at all")
    with pytest.raises(ValueError, match=r"some\.rcc"):
        list(resources(path))
