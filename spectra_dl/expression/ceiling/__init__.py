"""How well any model could predict these counts, were its rates perfect."""
