"""What evaluate expression is given at the level of slides."""
