"""Launch permissions."""
