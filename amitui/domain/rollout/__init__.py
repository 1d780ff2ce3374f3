"""Rolling an image out: what can be moved to it, the plans that move it, and the way back."""
