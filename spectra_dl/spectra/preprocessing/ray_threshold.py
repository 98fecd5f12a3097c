"""The default threshold of cosmic rays; importing this loads nothing heavy."""

#: Height of a ray over the noise's standard deviation, from which it is removed unless another is asked for.
THRESHOLD = 4.5
