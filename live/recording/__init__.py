"""The recorder, and the ports in front of others that let it hear."""
