"""A training run: its files, its steps, and what it says of itself."""
