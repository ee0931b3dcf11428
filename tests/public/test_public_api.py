"""What a user may rely on. These files also run on an installed copy, from an unrelated folder.

They import `dryfill` only, and nothing from the checkout.
"""

import subprocess
import sys

import pytest

import dryfill

# Each of these takes longer to import than `import dryfill` may take in all.
HEAVY = ("numpy", "polars", "pydantic", "msgspec", "plotly", "pandas", "rich", "typer", "asyncio")


@pytest.mark.parametrize("name", getattr(dryfill, "__all__", []))
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(dryfill, name) is not None


def test_every_public_name_is_offered_to_completion() -> None:
    assert set(getattr(dryfill, "__all__", [])) <= set(dir(dryfill))


def test_an_unknown_name_is_an_attribute_error_that_says_it() -> None:
    name = "no_such_name"
    with pytest.raises(AttributeError, match=name):
        getattr(dryfill, name)


def test_importing_dryfill_loads_no_heavy_library() -> None:
    code = "import sys, dryfill; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "dryfill" in done.stdout.splitlines()
    assert not set(HEAVY) & set(done.stdout.splitlines())


def test_the_version_is_the_one_that_was_installed() -> None:
    code = "from importlib.metadata import version; print(version('dryfill'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == dryfill.__version__
