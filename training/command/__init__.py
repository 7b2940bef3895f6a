"""The command line of the trainer: its options, a file of them, and what is odd about them."""
