"""Copying an image to other Regions."""
