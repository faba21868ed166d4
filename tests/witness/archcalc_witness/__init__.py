"""Networks that others wrote, to compare with: which they are, how they are built, what they do."""
