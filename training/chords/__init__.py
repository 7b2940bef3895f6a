"""Training of the chord finder's weights, from music whose chords are known."""
