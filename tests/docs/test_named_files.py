"""Every file of the repository that a document names is there."""

import re

import pytest

from tests.docs.markdown import DOCUMENTS, ROOT, code_spans

OURS = re.compile(r"^(?:tests|bot|engine|storage|docs|deploy)/[\w./*-]+$")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_named_files_are_there(document: str) -> None:
    named = {span for span in code_spans(document) if OURS.match(span)}
    assert [span for span in sorted(named) if not list(ROOT.glob(span))] == []


def test_the_page_on_reliability_names_a_test_for_each_promise() -> None:
    named = {span for span in code_spans("docs/reliability.md") if span.startswith("tests/")}
    assert len({span for span in named if "/test_" in span}) >= 20
