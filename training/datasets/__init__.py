"""Data sets: what a file of clips holds, how it is built from recordings, and how it is read."""
