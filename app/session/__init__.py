"""A strategy that trades in real time: at the broker, on the twin, on a firm's own feed."""
