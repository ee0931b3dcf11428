"""Bars as they happen and of the past, with the same starts as everywhere else."""
