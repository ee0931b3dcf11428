"""The explorer: many runs, each under what a seed draws, judged; what fails is kept as a plan."""
