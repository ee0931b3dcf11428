"""Where an order log goes: a structlog logger. A module of its own, since few runs write a log and
structlog is long to load."""

from typing import Any, Literal, TextIO

import structlog

from .order_log import without_secrets

Level = Literal["debug", "info", "warning"]

_LEVELS = {"debug": 10, "info": 20, "warning": 30}


def order_logger(file: TextIO, *, json: bool = False, level: Level = "info") -> Any:
    """A structlog logger that writes to a text file, `key=value` or a JSON object on each line. It
    has nothing of structlog's global configuration, and reads no clock."""
    shown: Any = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.processors.KeyValueRenderer(key_order=["time", "level", "event"])
    )
    return structlog.wrap_logger(
        structlog.WriteLogger(file),
        processors=[structlog.processors.add_log_level, without_secrets, shown],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        context_class=dict,
        cache_logger_on_first_use=True,
    ).bind()
