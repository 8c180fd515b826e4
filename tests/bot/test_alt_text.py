"""Every picture that the bot sends is described for those who cannot see it."""

import ast
from pathlib import Path

import bot

PACKAGE = Path(bot.__file__).parent
# These are no pictures.
ARCHIVES_AND_TABLES = {"bot/commands/privacy.py", "bot/commands/mod/usage.py"}
PICTURES = ("File", "MediaGalleryItem", "Thumbnail")


def undescribed(path: Path) -> list[int]:
    """Lines of a module that make a picture of a message without a description."""
    found = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if ast.unparse(node.func).startswith("discord.") and node.func.attr in PICTURES:
            given = {keyword.arg for keyword in node.keywords}
            if "description" not in given:
                found.append(node.lineno)
    return found


def test_every_picture_has_a_description() -> None:
    modules = [path for path in PACKAGE.rglob("*.py") if "demo" not in path.parts]
    made = {
        f"bot/{path.relative_to(PACKAGE)}": lines
        for path in modules
        if (lines := undescribed(path))
    }
    assert set(made) == ARCHIVES_AND_TABLES
    assert all(len(lines) == 1 for lines in made.values())
