"""The simulated catalogue."""
