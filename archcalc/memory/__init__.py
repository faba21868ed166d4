"""What a network needs in memory."""
