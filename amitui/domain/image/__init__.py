"""An image and what can be told from its record."""
