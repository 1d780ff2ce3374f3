"""The virtual table of images."""
