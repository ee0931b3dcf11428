"""Most mutants of the native engine in one build, each behind a switch, so that `make test` builds
the crate once more and not once for each. What is no whole expression, statement or condition by
itself cannot be switched so; it is broken in a build of its own (`native_mutants`), by `make
nightly`.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from native_mutants import STORIES, NativeMutant, built, by_itself, copy_of_the_crate
from tidy import ROOT

_SWITCH = """
static MUTANT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

pub(crate) fn mutant_is(n: usize) -> bool {
    MUTANT.load(std::sync::atomic::Ordering::Relaxed) == n
}

// SAFETY: no other symbol has this name.
#[unsafe(no_mangle)]
pub extern "C" fn dryfill_mutant(n: usize) {
    MUTANT.store(n, std::sync::atomic::Ordering::Relaxed);
}
"""

# Runs in a process of its own: an extension can be loaded once in a life.
_COMPARE = """
import ctypes, sys
from native_mutants import differences, loaded

core, switch = loaded(sys.argv[1]), ctypes.CDLL(sys.argv[1]).dryfill_mutant
for line in sys.stdin.read().splitlines():
    n, file, stories = line.split()
    switch(int(n))
    found = next(differences(core, file, int(stories)), "nothing")
    print(n, found.partition(chr(10))[0], flush=True)
"""
TARGET = ROOT / "build" / "cargo-switched"
WHOLE = 100
"""Stories of an engine without a change: the twins' own tests play many more."""

_LET = re.compile(r"let (?P<name>\w+) = (?P<value>[^;]+);")
_BRANCH = re.compile(r"(?P<word>if|for side in) (?P<value>[^{}]+) \{")
_STATEMENT = re.compile(r"[^;{}]+;( //.*)?")


def switched(mutant: NativeMutant, n: int) -> str | None:
    """The text that stands for both, `n` choosing the change; None where the change is of a kind
    that this cannot do."""
    is_on = f"crate::mutant_is({n})"
    for form, made in (
        (_LET, "let {name} = if {is_on} {{ {new} }} else {{ {old} }};"),
        (_BRANCH, "{word} (if {is_on} {{ {new} }} else {{ {old} }}) {{"),
    ):
        old, new = form.fullmatch(mutant.old.strip()), form.fullmatch(mutant.new.strip())
        if old is not None and new is not None:
            rest = {key: text for key, text in old.groupdict().items() if key != "value"}
            return made.format(is_on=is_on, old=old["value"], new=new["value"], **rest)
    if _STATEMENT.fullmatch(mutant.old.strip()):
        return f"if {is_on} {{ {mutant.new} }} else {{ {mutant.old}\n}}"
    if mutant.whole:
        return f"(if {is_on} {{ {mutant.new} }} else {{ {mutant.old} }})"
    return None


def found_with(folder: Path, mutants: Iterable[NativeMutant]) -> tuple[str, dict[str, str]]:
    """What the comparison finds without any change, "nothing", and with each of those that can be
    switched and are not rare, by what it says. Builds once, below `folder`."""
    crate, asked = copy_of_the_crate(folder), {0: NativeMutant("", "engine.rs", "", "")}
    for n, mutant in enumerate(mutants, 1):
        path, both = crate / "src" / mutant.file, switched(mutant, n)
        if both is not None and not mutant.rare:
            path.write_text(path.read_text().replace(mutant.old, both))
            asked[n] = mutant
    lib = crate / "src" / "lib.rs"
    lib.write_text(lib.read_text() + _SWITCH)
    given = "".join(f"{n} {each.file} {STORIES if n else WHOLE}\n" for n, each in asked.items())
    done = by_itself(_COMPARE, str(built(crate, TARGET)), given=given)
    assert done.returncode == 0, done.stderr
    found = [line.partition(" ")[2] for line in done.stdout.splitlines()]
    says = [each.says for each in asked.values()]
    return found[0], dict(zip(says[1:], found[1:], strict=True))
