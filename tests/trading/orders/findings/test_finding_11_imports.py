"""Finding 11, imports in functions: nothing of the order manager's is imported while it works.

The tidy test forbids it in the whole product but for the doors of packages and commands; this one
reads what actually runs, the order manager and all that it stands on, without any exception.
"""

import ast
import inspect
from pathlib import Path

import pytest

import dryfill.trading.orders.manager as manager

ROOM = Path(inspect.getfile(manager)).resolve().parents[1]  # trading/ of the package that runs


def late_imports(source):
    """Lines on which something is imported when a function runs."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for inner in ast.walk(node):
                called = isinstance(inner, ast.Call) and _name(inner.func) in (
                    "__import__",
                    "import_module",
                )
                if isinstance(inner, ast.Import | ast.ImportFrom) or called:
                    found.append(inner.lineno)
    return sorted(set(found))


def _name(node):
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def test_no_module_of_the_room_imports_in_a_function():
    modules = sorted(ROOM.rglob("*.py"))
    assert len(modules) > 60
    late = {path.name: late_imports(path.read_text(encoding="utf-8")) for path in modules}
    assert {name: lines for name, lines in late.items() if lines} == {}


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    import json\n",
        "async def f():\n    if x:\n        from a import b\n",
        "class A:\n    def f(self):\n        def g():\n            import json\n",
        "def f():\n    return importlib.import_module('json')\n",
        "f = lambda: __import__('json')\n",
    ],
)
def test_a_late_import_is_found_wherever_it_hides(source):
    assert late_imports(source)
    assert not late_imports("import json\nclass A:\n    import os\n")
