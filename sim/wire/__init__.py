"""The wire between client and exchange: legs, and how long a message is on its way."""
