"""The noise ceiling: the correlation that a perfect model of the rates would reach."""
