"""The room loads nothing heavy until it is used."""

import subprocess
import sys

import pytest

import dryfill.scenarios


def test_importing_scenarios_loads_neither_polars_nor_numpy() -> None:
    code = (
        "import sys, dryfill.scenarios; "
        "print([m for m in ('polars', 'numpy', 'narwhals', 'pandas') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    for name in dryfill.scenarios.__all__:
        assert getattr(dryfill.scenarios, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = dryfill.scenarios.nothing
