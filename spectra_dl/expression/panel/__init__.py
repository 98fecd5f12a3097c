"""Which genes a model predicts: asked for by name, or chosen on training spots."""
