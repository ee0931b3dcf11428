"""Dryfill: rehearse trading orders before they trade."""

__version__ = "0.1.0"
