"""Our words in the gateway's: the JSON that clients are shown."""
