"""A plan of faults at work on a running twin, on real sockets."""
