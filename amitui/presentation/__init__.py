"""How an image is put into words and columns, the same on the screen and for `amitui find`. Pure functions."""
