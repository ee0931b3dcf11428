"""What the gateway is asked about orders, positions, contracts and prices, as the port's values."""
