"""What the gateway's models say, and what an event of its means; sans I/O."""
