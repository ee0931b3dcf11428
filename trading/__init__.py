"""The trader's side: words, instruments, orders, the two ports, strategies. Imports nothing of
ours."""
