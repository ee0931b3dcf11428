"""What a name in a source file stands for, and which of them a strategy may not use."""

import ast
from collections.abc import Iterator
from itertools import chain

from msgspec import Struct

_NOW = "use self.now (UTC) or self.now_ns"
_NOW_NS = "use self.now_ns"
_SLEEP = "use await asyncio.sleep(seconds)"
_RANDOM = "use self.random"
_SEED = "give it a seed, or use self.random"
_TASK = "use asyncio.create_task"
_OFFLINE = "load data before the run"

_CLOCKS = ("time", "monotonic", "perf_counter", "process_time", "thread_time")
_THREADS = ("threading.Thread", "threading.Timer", "_thread.start_new_thread", "asyncio.to_thread")
_NETWORK_MODULES = (
    *("urllib.request", "urllib3", "http.client", "ftplib", "smtplib", "telnetlib"),
    *("requests", "httpx", "aiohttp", "websockets", "websocket"),
)
_POOLS = ("ThreadPoolExecutor", "ProcessPoolExecutor")

# Dotted name -> (what is wrong with it, the way out). Any mention counts, not calls alone:
# `default_factory=time.time` reads the clock too.
_NAMES: dict[str, tuple[str, str]] = {
    **{f"time.{name}": ("reads the real clock", _NOW_NS) for name in _CLOCKS},
    **{f"time.{name}_ns": ("reads the real clock", _NOW_NS) for name in _CLOCKS},
    "time.sleep": ("stops the whole run in real time", _SLEEP),
    "datetime.datetime.now": ("reads the real clock", _NOW),
    "datetime.datetime.utcnow": ("reads the real clock", _NOW),
    "datetime.datetime.today": ("reads the real clock", _NOW),
    "datetime.date.today": ("reads the real clock", "use self.now.date()"),
    "timeit.default_timer": ("reads the real clock", _NOW_NS),
    "pandas.Timestamp.now": ("reads the real clock", _NOW),
    "pandas.Timestamp.utcnow": ("reads the real clock", _NOW),
    "pandas.Timestamp.today": ("reads the real clock", _NOW),
    "uuid.uuid1": ("differs in every run", "use uuid.UUID(int=self.random.getrandbits(128))"),
    "uuid.uuid4": ("differs in every run", "use uuid.UUID(int=self.random.getrandbits(128))"),
    "os.urandom": ("differs in every run", _RANDOM),
    "os.getrandom": ("differs in every run", _RANDOM),
    "os.system": ("starts another program", _OFFLINE),
    "os.popen": ("starts another program", _OFFLINE),
    "random.SystemRandom": ("differs in every run", _RANDOM),
    "socket.socket": ("opens a real connection", _OFFLINE),
    "socket.create_connection": ("opens a real connection", _OFFLINE),
    "socket.getaddrinfo": ("asks a real name server", _OFFLINE),
    "asyncio.open_connection": ("opens a real connection", _OFFLINE),
    **dict.fromkeys(_THREADS, ("starts a thread", _TASK)),
    **{f"concurrent.futures.{name}": ("starts threads or processes", _TASK) for name in _POOLS},
}

# Modules of which every part is refused, at the import.
_MODULES: dict[str, tuple[str, str]] = {
    "secrets": ("differs in every run", _RANDOM),
    "subprocess": ("starts another program", _OFFLINE),
    "multiprocessing": ("starts another program", _TASK),
    **dict.fromkeys(_NETWORK_MODULES, ("reaches the real network", _OFFLINE)),
}

# Refused only without a seed: a first argument, or one of these keywords.
_SEEDED = {
    "random.Random": "x",
    "numpy.random.default_rng": "seed",
    "numpy.random.RandomState": "seed",
    "numpy.random.SeedSequence": "entropy",
    **dict.fromkeys((f"numpy.random.{n}" for n in ("PCG64", "PCG64DXSM", "MT19937")), "seed"),
    **dict.fromkeys((f"numpy.random.{n}" for n in ("Philox", "SFC64")), "seed"),
}

# Modules whose lower-case names are methods of one hidden, unseeded generator.
_GLOBAL_STREAMS = ("random", "numpy.random")


class Finding(Struct, frozen=True, order=True):
    """One line that may not be run in virtual time."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


def find_forbidden(tree: ast.Module, file: str) -> list[Finding]:
    """Every forbidden name in the module, in the order of lines, each once a line."""
    reader = _Reader(file)
    reader.visit(tree)
    return sorted(dict.fromkeys(reader.findings))


class _Reader(ast.NodeVisitor):
    """Walks one module with a stack of scopes: name -> the dotted name it stands for, or None."""

    def __init__(self, file: str) -> None:
        self.findings: list[Finding] = []
        self._file = file
        self._scopes: list[dict[str, str | None]] = [{}]

    # -- scopes -------------------------------------------------------------------------------

    def visit_Module(self, node: ast.Module) -> None:
        self._in_scope(node.body, {})

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        arguments = node.args
        outside = [*node.decorator_list, *arguments.defaults, *arguments.kw_defaults]
        annotations = [node.returns, *(found.annotation for found in _parameters(arguments))]
        for expression in chain(outside, annotations):
            if expression is not None:
                self.visit(expression)
        self._in_scope(node.body, {found.arg: None for found in _parameters(arguments)})

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for default in chain(node.args.defaults, node.args.kw_defaults):
            if default is not None:
                self.visit(default)
        self._in_scope([node.body], {found.arg: None for found in _parameters(node.args)})

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) == "__name__ == '__main__'":
            for statement in node.orelse:
                self.visit(statement)
        else:
            self.generic_visit(node)

    def _in_scope(
        self, body: list[ast.stmt] | list[ast.expr], names: dict[str, str | None]
    ) -> None:
        self._scopes.append(names)
        for bound, meaning in chain.from_iterable(map(self._bindings, body)):
            # An import wins over an assignment of the same name: better one finding too many.
            if names.get(bound) is None:
                names[bound] = meaning
        for statement in body:
            self.visit(statement)
        self._scopes.pop()

    def _bindings(self, node: ast.AST) -> Iterator[tuple[str, str | None]]:
        """Names that `node` binds in the scope it stands in."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                head = alias.name.split(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (head, head)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                dotted = f"{node.module}.{alias.name}" if not node.level else None
                yield alias.asname or alias.name, dotted
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, None
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, None
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, self._dotted(node.value)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            for child in ast.iter_child_nodes(node):
                yield from self._bindings(child)

    def _dotted(self, node: ast.expr) -> str | None:
        """The dotted name that an expression stands for, through aliases; None: no such name."""
        if isinstance(node, ast.Attribute):
            base = self._dotted(node.value)
            return f"{base}.{node.attr}" if base else None
        if isinstance(node, ast.Name):
            for scope in reversed(self._scopes):
                if node.id in scope:
                    return scope[node.id]
        return None

    # -- findings -----------------------------------------------------------------------------

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._report_module(alias.name, node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level or node.module is None:
            return
        if self._report_module(node.module, node.lineno):
            return
        for alias in node.names:
            dotted = f"{node.module}.{alias.name}"
            if alias.name == "*" and node.module in ("time", *_GLOBAL_STREAMS):
                text = f"from {node.module} import * hides what is used; import what you need"
                self.findings.append(Finding(self._file, node.lineno, text))
            elif not self._report_module(dotted, node.lineno):
                self._report_name(dotted, node.lineno)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._report_expression(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if not self._report_expression(node):
            self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        dotted = self._dotted(node.func)
        keyword = _SEEDED.get(dotted or "")
        if keyword is not None:
            seeds = [*node.args[:1], *(k.value for k in node.keywords if k.arg in (keyword, None))]
            if all(isinstance(seed, ast.Constant) and seed.value is None for seed in seeds):
                text = f"{dotted}() without a seed differs in every run; {_SEED}"
                self.findings.append(Finding(self._file, node.lineno, text))
        self.generic_visit(node)

    def _report_expression(self, node: ast.Name | ast.Attribute) -> bool:
        dotted = self._dotted(node)
        return dotted is not None and self._report_name(dotted, node.lineno)

    def _report_module(self, dotted: str, line: int) -> bool:
        for name, (fault, way_out) in _MODULES.items():
            if dotted == name or dotted.startswith(f"{name}."):
                self.findings.append(Finding(self._file, line, f"{name} {fault}; {way_out}"))
                return True
        return False

    def _report_name(self, dotted: str, line: int) -> bool:
        fault, way_out = _NAMES.get(dotted, ("", ""))
        module, _, name = dotted.rpartition(".")
        if not fault and module in _GLOBAL_STREAMS and name.islower() and dotted not in _SEEDED:
            fault, way_out = "draws from a stream that any library may disturb", _RANDOM
        if fault:
            self.findings.append(Finding(self._file, line, f"{dotted}() {fault}; {way_out}"))
        return bool(fault)


def _parameters(arguments: ast.arguments) -> list[ast.arg]:
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return found + [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
