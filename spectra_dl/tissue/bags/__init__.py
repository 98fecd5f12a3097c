"""Many images to one class: the bag of a patient's or a slide's images, classified by a pooling network."""
