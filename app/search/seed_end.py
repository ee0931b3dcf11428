"""What became of a seed, as it goes from one process to another."""

from msgspec import Struct, json


class SeedEnd(Struct, frozen=True):
    """`kind`: as a verdict's, and `lost` where the process that played it was. `plan`: where it
    failed, the plan that replays it, as TOML. `cpu_s`: what it cost."""

    seed: int
    kind: str
    rule: str = ""
    text: str = ""
    digest: str = ""
    plan: str = ""
    schedule: str = ""
    faults: dict[str, int] = {}
    premises: dict[str, int] = {}
    states: dict[str, int] = {}
    virtual_s: float = 0.0
    cpu_s: float = 0.0

    def line(self) -> bytes:
        """One line."""
        return json.encode(self) + b"\n"

    @classmethod
    def of(cls, line: bytes) -> "SeedEnd":
        return json.decode(line, type=cls)

    @property
    def failed(self) -> bool:
        return self.kind != "clean"
