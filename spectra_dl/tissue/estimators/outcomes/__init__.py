"""Models of what comes of patients, from all images of each."""
