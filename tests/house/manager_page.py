"""The tables of docs/order-manager.md, made from the tests that they speak of.

    python tests/house/manager_page.py        writes them into the page

`test_manager_page.py` fails when the page and the tests have parted.
"""

import re
import tomllib

from mutants import Mutant, read_mutants
from tidy import ROOT

PAGE = ROOT / "docs" / "order-manager.md"
FINDINGS = ROOT / "tests/trading/orders/findings"
RACES = ROOT / "tests/trading/orders/races"
_FOLDER = "tests/trading/orders/findings"


def findings() -> list[dict[str, object]]:
    """The rows of the table of findings."""
    return tomllib.loads((FINDINGS / "findings.toml").read_text())["finding"]


def races() -> list[dict[str, object]]:
    """The rows of the table of races."""
    return tomllib.loads((RACES / "table.toml").read_text())["race"]


def faults() -> list[dict[str, object]]:
    """The rows of the table of faults."""
    return tomllib.loads((FINDINGS / "faults.toml").read_text())["fault"]


def mutants_of(finding: object) -> list[Mutant]:
    """The mutants that bring a finding or a race back."""
    return [m for m in read_mutants(FINDINGS / "mutants") if m.finding == str(finding)]


def decided(place: str) -> str:
    """Where something is decided, as the page shows it."""
    file, _, name = place.partition(":")
    return f"`{file}`" + (f" `{name}`" if name else "")


def findings_table() -> str:
    lines = ["| | finding | our code decides it in | shown by | its mutants fail by |"]
    lines.append("|---|---|---|---|---|")
    for row in findings():
        where = ", ".join(decided(str(place)) for place in row["decides"])  # type: ignore[attr-defined]
        shown = f"`pytest {row['test']}`"
        count = len(mutants_of(row["n"]))
        caught = f'`DRYFILL_NIGHTLY=1 pytest {_FOLDER} -k "caught and finding-{row["n"]}:"`'
        mutant = f"{caught} ({count})" if count else str(row.get("no_mutant", ""))
        lines.append(f"| {row['n']} | {row['title']} | {where} | {shown} | {mutant} |")
    return "\n".join(lines)


def races_table() -> str:
    lines = ["| race | what happens | played by |", "|---|---|---|"]
    for row in races():
        elsewhere = [str(t).rpartition("/")[2] for t in row.get("elsewhere", [])]  # type: ignore[attr-defined]
        own = [f"{name}.toml" for name in row.get("files", [])]  # type: ignore[attr-defined]
        tests = [*own, *(str(t) for t in row.get("tests", [])), *elsewhere]  # type: ignore[attr-defined]
        played = ", ".join(f"`{t.partition('::')[0]}`" for t in dict.fromkeys(tests))
        played = ", ".join(dict.fromkeys(played.split(", "))) if played else ""
        wire = f"waits for the wire: {row['wire']}" if row.get("wire") else ""
        missing = f"not played yet: {row['missing']}" if row.get("missing") else ""
        shown = "; ".join(filter(None, (played, wire, missing)))
        lines.append(f"| {row['id']} | {row['title']} | {shown} |")
    return "\n".join(lines)


def faults_table() -> str:
    lines = ["| | fault | shown by | mutants |", "|---|---|---|---|"]
    for row in faults():
        number = f"{row['section']} fault {row['n']}"
        tests = [str(t).partition("::")[0] for t in row.get("tests", [])]  # type: ignore[attr-defined]
        shown = ", ".join(f"`{t.rpartition('/')[2]}`" for t in dict.fromkeys(tests))
        count = len(mutants_of(number)) + len(row.get("mutants", []))  # type: ignore[arg-type]
        told = "; ".join(filter(None, (shown, str(row.get("elsewhere", "")))))
        lines.append(f"| {row['section']}.{row['n']} | {row['title']} | {told} | {count or ''} |")
    return "\n".join(lines)


def filled(page: str) -> str:
    """The page with its tables made anew."""
    tables = (
        ("findings", findings_table()),
        ("faults", faults_table()),
        ("races", races_table()),
    )
    for name, table in tables:
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        assert len(pattern.findall(page)) == 1, f"the page has no place for its {name}"
        page = pattern.sub(lambda _, t=table, b=begin, e=end: f"{b}\n{t}\n{e}", page)
    return page


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
