"""The wheel holds what a user needs, and works where folders of the same names stand about."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from packaging_of_dryfill import PIP, build_wheel, listed_packages, run
from tidy import ROOMS, ROOT, product_files

from dryfill.matching.engines import chosen, native_is_there


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the installed package and nothing else."""
    target = tmp_path_factory.mktemp("installed")
    run([*PIP, "install", "--no-deps", "--no-index", "--target", str(target), str(wheel)], target)
    return target


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A user's folder, with folders of their own named as rooms of ours."""
    for name in ("live", "sim"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"MINE = {name!r}\n", encoding="utf-8")
    return tmp_path


def python_there(installed: Path, elsewhere: Path, *arguments: str) -> str:
    """Runs this interpreter in the user's folder, with the installed package before all others."""
    environment = os.environ | {"PYTHONPATH": str(installed)}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout.strip()


def test_the_wheel_holds_the_listed_packages_and_their_data_and_nothing_else(wheel: Path) -> None:
    names = [PurePosixPath(name) for name in zipfile.ZipFile(wheel).namelist()]
    ours = [name for name in names if not name.parts[0].endswith(".dist-info")]
    assert {name.parts[0] for name in ours} == {"dryfill"}
    assert {n.name for n in names if n.parts[0].endswith(".dist-info")} >= {"entry_points.txt"}
    packages = {".".join(name.parent.parts) for name in ours if name.name == "__init__.py"}
    assert packages == set(listed_packages())
    built = {str(name) for name in ours if name.suffix in (".so", ".pyd")}
    shipped = {f"dryfill/{path}" for path in files_to_ship()}
    assert {str(name) for name in ours} == shipped | built
    assert len(built) == (1 if native_is_there() else 0)
    assert all(name.startswith("dryfill/matching/native/core.") for name in built)


def files_to_ship() -> list[PurePosixPath]:
    """Every module, table and page of the rooms, relative to the root."""
    native = ROOT / "matching" / "native"
    tables = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.toml"))]
    tables = [path for path in tables if not path.is_relative_to(native)]
    pages = [
        path
        for suffix in ("css", "html", "js")
        for path in sorted((ROOT / "app").rglob(f"*.{suffix}"))
    ]
    shipped = [ROOT / "py.typed", native / "core.pyi", *product_files(), *tables, *pages]
    return [PurePosixPath(path.relative_to(ROOT).as_posix()) for path in shipped]


def test_an_installed_dryfill_is_found_beside_folders_named_as_its_rooms(
    installed: Path, elsewhere: Path
) -> None:
    code = "import dryfill, live, sim; print(dryfill.__file__); print(live.MINE, sim.MINE)"
    where, mine = python_there(installed, elsewhere, "-c", code).splitlines()
    assert Path(where).resolve().is_relative_to(installed.resolve())
    assert mine == "live sim"


def test_the_public_tests_pass_on_the_installed_package_from_an_unrelated_folder(
    installed: Path, elsewhere: Path
) -> None:
    shutil.copytree(ROOT / "tests" / "public", elsewhere / "checks")
    settings = elsewhere / "pytest.ini"
    settings.write_text("[pytest]\naddopts = --import-mode=importlib\n", encoding="utf-8")
    arguments = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "checks")
    assert " passed" in python_there(installed, elsewhere, *arguments)


def test_the_command_says_its_version_where_it_is_installed(
    installed: Path, elsewhere: Path
) -> None:
    code = "import sys; from dryfill.app.cli.main import main; sys.argv[1:] = ['--version']; main()"
    said = python_there(installed, elsewhere, "-c", code)
    version = python_there(installed, elsewhere, "-c", "import dryfill; print(dryfill.__version__)")
    assert version in said
    assert f"engine {chosen()}" in said


def test_a_machine_without_cargo_installs_and_runs_on_the_reference(
    elsewhere: Path, tmp_path: Path
) -> None:
    wheel = build_wheel(tmp_path, {"PATH": str(tmp_path), "CARGO": "cargo-is-not-here"})
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if name.endswith((".so", ".pyd"))]
    target = tmp_path / "installed"
    run([*PIP, "install", "--no-deps", "--no-index", "--target", str(target), str(wheel)], tmp_path)
    code = "import sys; from dryfill.app.cli.main import main; sys.argv[1:] = ['--version']; main()"
    assert "engine reference" in python_there(target, elsewhere, "-c", code)
