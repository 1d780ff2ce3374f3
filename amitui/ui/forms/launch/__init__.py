"""Launching instances of an image."""
