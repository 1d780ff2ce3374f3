"""Launching instances: the request and its rules."""
