"""One function a workflow: evaluate, train, predict patients by all their blocks."""
