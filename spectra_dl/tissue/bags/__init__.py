"""Many images to one class: the bag of a patient's or a slide's images, pooled by attention or by the mean."""
