"""What is read from AWS, one module a subject."""
