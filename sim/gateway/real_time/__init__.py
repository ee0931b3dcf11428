"""The twin in real time, on real sockets: its clock, its pump and its own door."""
