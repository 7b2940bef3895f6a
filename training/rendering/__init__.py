"""Recordings that are made up: music played by note banks and a singer, in rooms."""
