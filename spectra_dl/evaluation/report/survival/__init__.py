"""Reports of times to an event."""
