"""What the tests of readers and generators share."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from dryfill.trading.instrument import Instrument

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture
def es() -> Instrument:
    return Instrument("ES", Decimal("0.25"), Decimal(50), root="ES")


@pytest.fixture
def csv(tmp_path: Path) -> Callable[..., Path]:
    """Write text as a CSV file; lines may be indented as the test is."""

    def write(text: str, name: str = "es.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(line.strip() for line in text.strip().splitlines()) + "\n")
        return path

    return write


@pytest.fixture
def recorded() -> Path:
    """The folder of recorded data, or the test is skipped."""
    if not RECORDED.is_dir():
        pytest.skip("recorded market data is not beside the checkout (../shared/data)")
    return RECORDED
