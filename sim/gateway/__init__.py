"""The gateway's twin: what ProjectX clients see, spoken by our own exchange."""
