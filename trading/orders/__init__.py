"""The order manager: sans-IO cores that decide, and one thin shell that carries their commands."""
