"""What a run left behind: frames and sums, and what is worked out of them."""
