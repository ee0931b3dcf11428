"""Environments of their own for clients that need another Python than ours, or other packages.

usage: python tests/house/client_environments.py [NAME ...]      (all of them without a name)

Each is made once, in build/clients/NAME, from the exact versions in
tests/clients/environments/NAME.txt, tried on Python 3.12 and 3.13. Which Python: the first of
$DRYFILL_CLIENT_PYTHON, those on PATH and those that pyenv keeps that is new enough; without one
nothing is made, which is said and is no error.
"""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PINS = ROOT / "tests/clients/environments"
MADE = ROOT / "build/clients"
NAMES = tuple(sorted(path.stem for path in PINS.glob("*.txt")))
OLDEST, NEWEST = (3, 12), (3, 13)


def python_of(name):
    """The interpreter of an environment that is there and up to date, else None."""
    python = MADE / name / "bin" / "python"
    return python if python.exists() and _stamp(name).exists() and _is_current(name) else None


def how_to_make(name):
    """What to tell somebody for whom a test was skipped."""
    if suitable_python() is None:
        return f"{name} needs Python 3.12 or 3.13, and none was found: set DRYFILL_CLIENT_PYTHON"
    return f"{name} has no environment: python tests/house/client_environments.py {name}"


def make(name):
    """Make an environment with a suitable Python."""
    where = MADE / name
    shutil.rmtree(where, ignore_errors=True)
    subprocess.run([suitable_python(), "-m", "venv", str(where)], check=True)
    pip = [str(where / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    # The list is whole: what a package asks for beyond it was seen not to be needed.
    pins = ["install", "--quiet", "--no-deps", "-r", str(PINS / f"{name}.txt")]
    subprocess.run([*pip, *pins], check=True)
    _stamp(name).write_text(_wanted(name))


@cache
def suitable_python():
    """The path of an interpreter that the pins were tried on, or None."""
    asked = os.environ.get("DRYFILL_CLIENT_PYTHON")
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    names = [asked] if asked else []
    names += [sys.executable, "python3.12", "python3.13", "python3"]
    names += [str(path) for path in sorted(kept.glob("3.1[23].*/bin/python"))]
    return next((found for name in names if (found := _executable(name))), None)


def _executable(name):
    """Its path, if it runs and is of an age that fits; a shim may be there that runs nothing."""
    found = shutil.which(name)
    tell = f"import sys, venv, ensurepip; print({OLDEST} <= sys.version_info[:2] <= {NEWEST})"
    if found is None:
        return None
    told = subprocess.run([found, "-c", tell], capture_output=True, text=True, check=False)
    return found if told.stdout.strip() == "True" else None


def _stamp(name):
    return MADE / name / "dryfill-stamp.txt"


def _is_current(name):
    return _stamp(name).read_text() == _wanted(name)


def _wanted(name):
    return (PINS / f"{name}.txt").read_text()


def main(names):
    for name in names or NAMES:
        if name not in NAMES:
            raise SystemExit(f"{name} is no client's environment; there are {', '.join(NAMES)}")
        if python_of(name):
            continue
        if suitable_python() is None:
            print(how_to_make(name))
            continue
        print(f"making build/clients/{name} (once)", flush=True)
        make(name)


if __name__ == "__main__":
    main(sys.argv[1:])
