"""What must survive the process: orders, owners, fills and the strategy's state, in records."""
