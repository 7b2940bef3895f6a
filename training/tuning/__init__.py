"""Choices on validation data: how to train, and the decoder's settings."""
