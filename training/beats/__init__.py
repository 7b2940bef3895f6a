"""The beat network's training: printed music, as people play it and as it is heard."""
