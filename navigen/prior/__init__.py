"""What counting alone knows of the next item: scores that a model's probabilities can be mixed with."""
