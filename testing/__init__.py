"""What users import into their own tests: a rehearsal of the live adapter against the twin."""
