"""What the market's prices mean to stops: those that follow it, and those that it must not pass."""
