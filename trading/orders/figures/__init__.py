"""What can be seen of the manager: its events, its counts, its log."""
