"""An incident of a recorded session becomes a plan: what struck is recovered, replayed, shrunk."""
