"""How well a network hears: in frames, in notes, at moments."""
