"""What `python -m training` does, a module for each action."""
