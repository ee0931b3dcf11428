"""Trading on ProjectX Gateway (TopstepX and other firms): the adapter behind the two ports."""
