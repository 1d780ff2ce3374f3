"""Launch permissions: sharing an image, and images that others share."""
