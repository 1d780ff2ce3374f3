"""An image and what follows from its record."""
