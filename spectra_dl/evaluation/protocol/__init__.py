"""A protocol that is sealed before the outcome is seen, and the chain of every look at it."""
