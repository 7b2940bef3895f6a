"""Files as the model, the trainer and the program write them."""
