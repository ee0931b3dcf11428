"""What is refused before it is sent."""
