"""Builds and installs the checkout as a user would, without a network."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from tidy import NOT_PRODUCT, ROOT

TARGET = ROOT / "build" / "cargo"  # as tests/house/setup.sh has it
BUILT = {"__pycache__", "target", ".so", ".pyd"}
NO_CHANGES: Mapping[str, str] = MappingProxyType({})
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


def listed_packages() -> list[str]:
    """The packages that pyproject.toml names."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages: list[str] = settings["tool"]["setuptools"]["packages"]
    return packages


def package_folders() -> list[str]:
    """Every folder of the checkout with an __init__.py, as a package name, sorted."""
    found = ["dryfill"]
    for folder in sorted(ROOT.iterdir()):
        if folder.is_dir() and folder.name not in NOT_PRODUCT and folder.name[0] != ".":
            markers = folder.rglob("__init__.py")
            found += [".".join(("dryfill", *m.relative_to(ROOT).parent.parts)) for m in markers]
    return sorted(found)


def build_wheel(folder: Path, changes: Mapping[str, str] = NO_CHANGES) -> Path:
    """A wheel of the checkout, built from a copy of what git would track, so that it stays clean.

    `changes`: of the environment in which it is built. Raises AssertionError with the tool's output
    if the build fails.
    """
    source = folder / "source"
    copy_checkout(source)
    command = [*PIP, "wheel", "--no-build-isolation", "--no-deps", "-w", str(folder), str(source)]
    run(command, folder, environment={"CARGO_TARGET_DIR": str(TARGET), **changes})
    (wheel,) = folder.glob("dryfill-*.whl")
    return wheel


def copy_checkout(target: Path) -> None:
    """Copies the product, without what is built or belongs to git.

    The native engine comes along as source; cargo builds it, if there is one.
    """
    wanted = ["pyproject.toml", "LICENSE", "README.md", "MANIFEST.in", "py.typed", "__init__.py"]
    folders = sorted({name.split(".")[1] for name in package_folders() if "." in name})
    for name in wanted:
        if (ROOT / name).exists():
            put(target / name, (ROOT / name).read_bytes())
    for name in folders:
        for path in sorted((ROOT / name).rglob("*")):
            if path.is_file() and not BUILT & {*path.parts, path.suffix}:
                put(target / path.relative_to(ROOT), path.read_bytes())


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def run(command: list[str], folder: Path, environment: Mapping[str, str] = NO_CHANGES) -> str:
    """The command's standard output. Raises AssertionError with all of its output if it fails."""
    changed = os.environ | environment
    done = subprocess.run(command, cwd=folder, env=changed, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout
