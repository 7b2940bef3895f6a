"""Probabilities become notes."""
