"""The virtual-time event loop: its clock, its processes, in which order what is ready runs."""
