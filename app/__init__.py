"""The desktop program and its command line."""

__version__ = "0.2.0.dev0"
