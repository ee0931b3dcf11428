"""How a command gets to the broker: pauses, breakers, timers."""
