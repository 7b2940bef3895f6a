"""Notes become chords."""
