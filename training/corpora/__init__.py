"""Labelled recordings, real and synthesised."""
