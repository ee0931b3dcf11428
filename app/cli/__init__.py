"""The command `dryfill`: what it takes, what it does, what it prints."""
