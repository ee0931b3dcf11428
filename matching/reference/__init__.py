"""The reference engine: readable Python, and the specification of what every engine does."""

from .engine import ReferenceEngine

__all__ = ["ReferenceEngine"]
