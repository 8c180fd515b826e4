"""Every relative link and picture of the documents leads somewhere."""

from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.markdown import DOCUMENTS, ROOT, anchors, targets

PICTURES = ROOT / "docs" / "pictures"
PICTURE_MAX_BYTES = 250 * 1024


@pytest.mark.parametrize("document", DOCUMENTS)
def test_relative_links_lead_somewhere(document: str) -> None:
    broken = [target for target in targets(document) if not _leads_somewhere(document, target)]
    assert broken == []


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached, waiting = set[str](), ["README.md"]
    while waiting:
        document = waiting.pop()
        reached.add(document)
        found = {_place(document, target)[0] for target in targets(document)}
        waiting += sorted((found & set(DOCUMENTS)) - reached)
    assert reached == set(DOCUMENTS)


def test_pictures_are_small_and_shown() -> None:
    shown = {_place(document, target)[0] for document in DOCUMENTS for target in targets(document)}
    for picture in PICTURES.iterdir():
        assert picture.relative_to(ROOT).as_posix() in shown
        assert picture.stat().st_size <= PICTURE_MAX_BYTES, picture.name


def _place(document: str, target: str) -> tuple[str, str]:
    """The path from the root that a target names, and the heading in it."""
    parts = urlsplit(target)
    if parts.scheme:
        return target, ""
    if not parts.path:
        return document, parts.fragment
    path = (ROOT / document).parent / unquote(parts.path)
    return path.resolve().relative_to(ROOT).as_posix(), parts.fragment


def _leads_somewhere(document: str, target: str) -> bool:
    path, heading = _place(document, target)
    if path.startswith("https://"):
        return True
    if not (ROOT / path).is_file():
        return False
    return not heading or heading in anchors(path)
