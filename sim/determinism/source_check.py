"""Reads a strategy's source before it runs, and refuses what would make two runs differ.

It sees what the guards cannot: names taken at import (`from time import time`), calls written in C
(`datetime.now`), and lines that a short run never reaches.
"""

import ast
from pathlib import Path
from types import ModuleType

from ...trading.errors import UsageError
from .source_names import Finding, find_forbidden

_OURS = __name__.partition(".")[0]


def check_source(source: str | Path | ModuleType) -> None:
    """Read a strategy's file and the modules it imports from the same directory tree.

    Raises UsageError that lists every finding as `file:line: what; replacement`, files in the
    order of import, lines in order. A block under `if __name__ == "__main__":` does not run in
    a session and is not read, and neither is a module of Dryfill's own.
    """
    if isinstance(source, ModuleType) and source.__name__.partition(".")[0] == _OURS:
        return
    path = _file_of(source)
    root = path.parent
    findings: list[Finding] = []
    waiting, seen = [path], {path}
    while waiting:
        path = waiting.pop(0)
        tree = _parse(path.read_bytes(), str(path.relative_to(root)))
        findings += find_forbidden(tree, str(path.relative_to(root)))
        for found in _local_imports(tree, path, root):
            if found not in seen:
                seen.add(found)
                waiting.append(found)
    _refuse(findings)


def check_text(text: str, name: str) -> None:
    """As `check_source`, for source that is in no file, such as a notebook's cell."""
    _refuse(find_forbidden(_parse(text.encode(), name), name))


def _file_of(source: str | Path | ModuleType) -> Path:
    if not isinstance(source, ModuleType):
        return Path(source).resolve()
    file = getattr(source, "__file__", None)  # a notebook's __main__ has none at all
    if file is None:
        raise UsageError(f"module {source.__name__!r} has no source file; use check_text")
    return Path(file).resolve()


def _parse(text: bytes, name: str) -> ast.Module:
    try:
        return ast.parse(text, name)
    except SyntaxError as error:
        raise UsageError(f"{name}:{error.lineno}: {error.msg}; Python cannot read it") from error


def _refuse(findings: list[Finding]) -> None:
    if findings:
        raise UsageError("\n".join(str(finding) for finding in findings))


def _local_imports(tree: ast.Module, path: Path, root: Path) -> list[Path]:
    """Files under `root` that the module at `path` imports, in the order of the source."""
    found: list[Path] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found += _modules(root, alias.name.split("."), ())
        elif isinstance(node, ast.ImportFrom):
            base = root
            if node.level:
                base = path.parents[node.level - 1]
            parts = node.module.split(".") if node.module else []
            if base.is_relative_to(root):
                found += _modules(base, parts, [alias.name for alias in node.names])
    return found


def _modules(base: Path, parts: list[str], names: list[str] | tuple[()]) -> list[Path]:
    """What `import a.b` or `from a.b import name` runs: each package on the way, and the last."""
    found: list[Path] = []
    folder = base
    for part in parts:
        found += _module(folder, part)
        folder = folder / part
    for name in names:
        found += _module(folder, name)
    return found


def _module(folder: Path, name: str) -> list[Path]:
    candidates = (folder / name / "__init__.py", folder / f"{name}.py")
    return [candidate for candidate in candidates if candidate.is_file()][:1]
