"""Whether acting on a model does more good than harm."""
