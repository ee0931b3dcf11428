"""The broker's own rules, between the trader and the exchange: account, fees, margin."""
