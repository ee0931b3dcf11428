"""What happened in a run, row by row, on both ends of the wire: for timelines."""
