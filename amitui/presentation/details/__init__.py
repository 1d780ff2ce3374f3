"""The details of one image, in words and groups."""
