"""The examples in docstrings are true.

Modules are found through the package, not by path: pytest's own --doctest-modules would import the
root a second time, under the clone's name (docs/decisions/0001).
"""

import doctest
import importlib

import pytest
from tidy import ROOT, product_files


def modules_with_examples() -> list[str]:
    found = []
    for path in product_files():
        if ">>> " in path.read_text(encoding="utf-8"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.append(".".join(["dryfill", *(part for part in parts if part != "__init__")]))
    return found


@pytest.mark.parametrize("name", modules_with_examples())
def test_the_examples_in_the_docstrings_run_as_written(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0
