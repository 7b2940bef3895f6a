"""Beats and bars, heard in notes."""
