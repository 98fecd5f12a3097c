"""What each block of a patient's data adds to the verdict."""
