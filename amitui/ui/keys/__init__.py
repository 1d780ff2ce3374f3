"""What keys mean, on which screens, and the tables made of that."""
