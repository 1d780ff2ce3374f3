"""Calls that change something: executing them, and reconciling those whose answer never came."""
