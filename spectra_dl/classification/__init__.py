"""From rows to a patient's class, whatever the rows are: pooling, decision, out-of-distribution score, predictions."""
