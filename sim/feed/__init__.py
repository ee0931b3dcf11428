"""What the market tells the client: a second cursor on the tape, later by the feed's latency."""
