"""The drawing of a lineage: nothing overlaps, parents stand midway to their children."""

import io
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.intake.limits import IntakeLimits
from bot.intake.tree import CARD, _columns, _rows, draw_tree
from bot.intake.wire import TreeNode
from tests.engine.pictures import encoded, picture

LIMITS = IntakeLimits(max_bytes=10**7, max_pixels=10**7, timeout_s=10, memory_bytes=2**30)


@st.composite
def trees(draw: st.DrawFn) -> list[TreeNode]:
    count = draw(st.integers(1, 30))
    return [
        TreeNode(
            parent=None if at == 0 else draw(st.integers(0, at - 1)), image=None, label=str(at)
        )
        for at in range(count)
    ]


@given(trees())
@settings(deadline=None)
def test_no_two_cards_share_a_place(nodes: list[TreeNode]) -> None:
    places = list(zip(_columns(nodes), _rows(nodes), strict=True))
    for column in set(_columns(nodes)):
        rows = sorted(row for other, row in places if other == column)
        assert all(below - above >= 1 for above, below in itertools.pairwise(rows))


@given(trees())
@settings(deadline=None)
def test_a_parent_stands_left_of_and_midway_between_its_children(nodes: list[TreeNode]) -> None:
    columns, rows = _columns(nodes), _rows(nodes)
    for at in range(len(nodes)):
        children = [child for child, node in enumerate(nodes) if node.parent == at]
        if children:
            assert rows[at] == (rows[children[0]] + rows[children[-1]]) / 2
        assert all(columns[child] == columns[at] + 1 for child in children)


def test_pictures_and_hidden_ones_are_drawn() -> None:
    image = encoded(picture(96, 64), "WEBP")
    nodes = [
        TreeNode(parent=None, image=image, label="0"),
        TreeNode(parent=0, image=None, label="1 · 0.30"),
    ]
    drawn = Image.open(io.BytesIO(draw_tree(nodes, LIMITS)))
    assert drawn.width > 2 * CARD
    assert drawn.height > CARD
