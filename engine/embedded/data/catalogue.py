"""The list of packages and photographs that the embedded model is trained and judged on."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

LIST = Path(__file__).parent / "photos.toml"
ALLOWED_LICENCES = frozenset(
    {
        "public domain",
        "CC0-1.0",
        "CC-BY-1.0",
        "CC-BY-2.0",
        "CC-BY-3.0",
        "CC-BY-4.0",
        "Apache-2.0 AND BSD-3-Clause",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "MIT",
    }
)
"""Free to use without share-alike; a group under another licence is refused."""

Split = Literal["train", "evaluation"]


@dataclass(frozen=True)
class Package:
    """One download: a name and version in the index ``debian``, ``pypi`` or ``npm``."""

    index: str
    name: str
    version: str


@dataclass(frozen=True)
class PhotoFile:
    """One photograph inside an unpacked package, with the licence its package states."""

    package: Package
    path: str
    licence: str
    credit: str
    split: Split

    @property
    def name(self) -> str:
        """A stable name, unique in the list."""
        return f"{self.package.name}/{self.path}"


def photo_files(split: Split | None = None, listing: Path = LIST) -> list[PhotoFile]:
    """The listed photographs in the file's order, all or those of one split.

    Raises:
        ValueError: A group's licence is not one of `ALLOWED_LICENCES`.
    """
    table = tomllib.loads(listing.read_text("utf-8"))
    files: list[PhotoFile] = []
    for row in table["package"]:
        package = Package(row["index"], row["name"], row["version"])
        for group in row["photos"]:
            files += _group(package, group)
    return [file for file in files if split is None or file.split == split]


def _group(package: Package, group: dict[str, Any]) -> list[PhotoFile]:
    licence, credit = group["licence"], group["credit"]
    if licence not in ALLOWED_LICENCES:
        raise ValueError(f"{package.name}: {licence} is not a licence the weights may rest on.")
    splits: tuple[Split, ...] = ("train", "evaluation")
    return [
        PhotoFile(package, f"{group['folder']}/{name}", licence, credit, split)
        for split in splits
        for name in group.get(split, [])
    ]


def packages(listing: Path = LIST) -> list[Package]:
    """The packages of the list, each once."""
    return list(dict.fromkeys(file.package for file in photo_files(listing=listing)))
