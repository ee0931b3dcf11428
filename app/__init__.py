"""What a person touches: the command line, backtests with their reports, pages."""
