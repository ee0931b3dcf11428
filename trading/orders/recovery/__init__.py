"""Finding out what the stream did not tell."""
