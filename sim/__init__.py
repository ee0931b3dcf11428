"""The world around the engine: virtual time, the wire, the desk, the simulated broker."""
