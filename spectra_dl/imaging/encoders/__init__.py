"""What turns tiles into numbers, by name."""
