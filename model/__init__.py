"""What a note is, and how sound becomes notes. Knows neither the window nor the trainer."""
