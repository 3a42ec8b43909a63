"""Models that look at media and text for scorers, by name; nothing heavy is loaded until one is asked for."""
