"""Late fusion of blocks where a number or the time to an event is predicted."""
