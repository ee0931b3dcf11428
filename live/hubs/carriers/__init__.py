"""Libraries that carry the hubs' text, one module each, imported when it is wanted."""
