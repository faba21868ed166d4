"""Exercise sheets of networks, and the marking of what students answer."""
