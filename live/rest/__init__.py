"""Asking the gateway: one login, one budget, and one ending for every request."""
