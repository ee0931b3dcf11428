"""What would make two runs differ is refused: before a run in the source, in a run at the door."""
