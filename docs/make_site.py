"""Gathers the documents into a site of their own and builds it with Zensical.

`make_site.py [FOLDER]` puts the pages, the configuration and the finished site below FOLDER. The
documents are written to be read in the repository: links between them are made to fit the site,
and those to source files, which have no page, leave their words.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONFIGURATION = ROOT / "docs" / "zensical.toml"
# Where each document stands in the site.
PAGES = {
    "README.md": "index.md",
    "docs/members.md": "members.md",
    "docs/messages.md": "messages.md",
    "docs/privacy.md": "privacy.md",
    "docs/moderation.md": "moderation.md",
    "docs/install.md": "install.md",
    "docs/settings.md": "settings.md",
    "docs/checkpoints.md": "checkpoints.md",
    "docs/operating.md": "operating.md",
    "docs/scaling.md": "scaling.md",
    "docs/reliability.md": "reliability.md",
    "docs/performance.md": "performance.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "ARCHITECTURE.md": "architecture.md",
    "docs/adding-a-family.md": "adding-a-family.md",
    "engine/embedded/MODEL_CARD.md": "model-card.md",
    "bot/demo/photos/LICENSES.md": "photos.md",
}
LINK = re.compile(r"(?P<picture>!?)\[(?P<words>[^\[\]]*)\]\((?P<target>[^()\s]+)\)")
SHOWN = (".png", ".webp", ".jpg", ".json")


def gather(folder: Path) -> None:
    """Write the pages and the configuration below ``folder``."""
    pages = folder / "pages"
    shutil.rmtree(pages, ignore_errors=True)
    pages.mkdir(parents=True)
    for document, page in PAGES.items():
        text = (ROOT / document).read_text("utf-8")
        fitted = LINK.sub(lambda link: _fitted(link, document, pages), text)  # noqa: B023
        (pages / page).write_text(fitted, "utf-8")
    shutil.copy(CONFIGURATION, folder / "zensical.toml")


def _fitted(link: re.Match[str], document: str, pages: Path) -> str:
    """A link as it has to be in the site."""
    target, _, heading = link["target"].partition("#")
    if ":" in target or not target:
        return link[0]
    file = ((ROOT / document).parent / target).resolve()
    name = file.relative_to(ROOT).as_posix()
    if name in PAGES:
        place = PAGES[name] + (f"#{heading}" if heading else "")
    elif file.suffix in SHOWN:
        place = f"files/{file.name}"
        (pages / "files").mkdir(exist_ok=True)
        shutil.copy(file, pages / place)
    else:
        return link["words"]
    return f"{link['picture']}[{link['words']}]({place})"


def build(folder: Path) -> Path:
    """Build the site below ``folder``; any warning is an error. Returns where its pages are."""
    gather(folder)
    program = Path(sys.executable).parent / "zensical"
    subprocess.run(
        [str(program), "build", "--strict", "--clean", "--config-file", "zensical.toml"],
        cwd=folder,
        check=True,
    )
    return folder / "site"


if __name__ == "__main__":
    print(build(Path(sys.argv[1] if len(sys.argv) > 1 else "build/docs").resolve()))
