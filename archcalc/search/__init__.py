"""The search for networks that meet a budget, and compound scaling."""
