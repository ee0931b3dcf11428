"""The twin's REST half: what clients may ask, how it is read, what each failure is called."""
