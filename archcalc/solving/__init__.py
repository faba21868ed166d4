"""What meets a budget."""
