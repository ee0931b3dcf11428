"""The rules of the house that neither ruff nor mypy knows, as functions from source text to faults.

`test_tidy.py` runs them on the tree and on small samples of what they forbid.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("trading", "matching", "scenarios", "sim", "live", "testing", "compat", "app")
NOT_PRODUCT = ("tests", "benchmarks", "docs", "examples", "build", "changelog.d")

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def product_files() -> list[Path]:
    """Every Python file that goes into the wheel, sorted."""
    rooms = [ROOT / room for room in ROOMS]
    return [ROOT / "__init__.py", *(path for room in rooms for path in sorted(room.rglob("*.py")))]


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken rule: where, and what to do about it."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


def faults_in_module(path: str, source: str) -> list[Fault]:
    """Every fault of one Python file; `path` is relative to the root, with forward slashes."""
    tree = ast.parse(source)
    found = [*long_file(path, source), *long_functions(path, tree)]
    if is_product(path):
        found += deferred_imports(path, tree)
        found += set_iteration(path, tree)
        found += unseeded_random(path, tree)
        found += silenced_bans(path, source)
        found += absolute_self_imports(path, tree)
    if path.startswith("matching/") or path == "trading/words.py":
        found += imports_beyond_the_words(path, tree)
    return found


def is_product(path: str) -> bool:
    """True for what goes into the wheel."""
    first = PurePosixPath(path).parts[0]
    return first == "__init__.py" or first in ROOMS


def long_file(path: str, source: str) -> Iterator[Fault]:
    lines = source.count("\n")
    if lines > FILE_LINES_MAX:
        yield Fault(path, lines, f"{lines} lines, at most {FILE_LINES_MAX}: split by idea")


def long_functions(path: str, tree: ast.Module) -> Iterator[Fault]:
    for node in ast.walk(tree):
        if isinstance(node, FunctionNode):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                what = f"{node.name} has {lines} lines, at most {FUNCTION_LINES_MAX}"
                yield Fault(path, node.lineno, what)


def deferred_imports(path: str, tree: ast.Module) -> Iterator[Fault]:
    """Imports inside functions, but for a package's lazy names and a command's entry."""
    if re.match(r"app/cli(\.py|_\w+\.py|/)", path):
        return
    for function in ast.walk(tree):
        if not isinstance(function, FunctionNode):
            continue
        if path.endswith("__init__.py") and function.name == "__getattr__":
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield Fault(path, node.lineno, f"import inside {function.name}: move it to the top")


def set_iteration(path: str, tree: ast.Module) -> Iterator[Fault]:
    """Loops and comprehensions over a set: their order changes with PYTHONHASHSEED.

    A set is known by its look: a literal, a comprehension, a call, a union of these, or a name or
    attribute that this module fills with one or annotates as one.
    """
    names = names_of_sets(tree)
    for node in ast.walk(tree):
        loops: list[ast.expr] = []
        if isinstance(node, ast.For | ast.AsyncFor):
            loops = [node.iter]
        elif isinstance(node, ast.ListComp | ast.DictComp | ast.GeneratorExp):
            loops = [generator.iter for generator in node.generators]
        elif isinstance(node, ast.Call) and is_name(
            node.func, "list", "tuple", "enumerate", "iter"
        ):
            loops = node.args[:1]
        for loop in loops:
            if looks_like_a_set(loop) or ast.unparse(loop) in names:
                yield Fault(path, loop.lineno, "iterates over a set: sort it, or use dict.fromkeys")


def names_of_sets(tree: ast.Module) -> set[str]:
    """Names and attributes of the module that are only ever bound to sets, as written."""
    sets: set[str] = set()
    others: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                (sets if looks_like_a_set(node.value) else others).add(ast.unparse(target))
        elif isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            name = node.arg if isinstance(node, ast.arg) else ast.unparse(node.target)
            kind = ast.unparse(node.annotation).split("[")[0]
            (sets if kind in ("set", "frozenset") else others).add(name)
    fields = {f"self.{name}" for name in sets - others if "." not in name}
    return (sets | fields) - others


def looks_like_a_set(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return looks_like_a_set(node.left) or looks_like_a_set(node.right)
    if isinstance(node, ast.Call):
        return is_name(node.func, "set", "frozenset")
    return isinstance(node, ast.Set | ast.SetComp)


def unseeded_random(path: str, tree: ast.Module) -> Iterator[Fault]:
    """`Random()` without a seed draws it from the operating system."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and not node.args and not node.keywords:
            named = isinstance(node.func, ast.Attribute) and node.func.attr == "Random"
            if named or is_name(node.func, "Random"):
                yield Fault(path, node.lineno, "Random() without a seed")


def silenced_bans(path: str, source: str) -> Iterator[Fault]:
    """A ban is lifted for a named place in pyproject.toml, with its reason, never in passing."""
    for number, line in enumerate(source.splitlines(), 1):
        if re.search(r"#\s*(ruff:\s*)?noqa(?!:)|#\s*(ruff:\s*)?noqa:.*TID251", line):
            yield Fault(path, number, "silences TID251: name the place in per-file-ignores instead")


def absolute_self_imports(path: str, tree: ast.Module) -> Iterator[Fault]:
    """Rooms import each other relatively; app may hold strategies written as users write them."""
    if path.startswith("app/"):
        return
    for node in ast.walk(tree):
        names = imported_modules(node)
        if any(name.split(".")[0] == "dryfill" for name in names):
            yield Fault(path, node_line(node), "imports dryfill absolutely: import relatively")


def imports_beyond_the_words(path: str, tree: ast.Module) -> Iterator[Fault]:
    """matching may import only matching and trading/words.py; the words import nothing of ours."""
    package = PurePosixPath(path).parent
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or node.level == 0:
            continue
        base = PurePosixPath(*package.parts[: len(package.parts) - (node.level - 1)])
        target = base.joinpath(*(node.module or "").split("."))
        targets = [target] if node.module else [target / alias.name for alias in node.names]
        for each in targets:
            own = path.startswith("matching/") and each.parts[:1] == ("matching",)
            words = path != "trading/words.py" and each.parts == ("trading", "words")
            if not own and not words:
                yield Fault(path, node.lineno, f"imports {'.'.join(each.parts)}: not for this room")


def imported_modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0:
        return [node.module or ""]
    return []


def is_name(node: ast.expr, *names: str) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def node_line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))
