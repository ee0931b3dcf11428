"""What stands behind the twin's wire: contracts, paper accounts, the market."""
