"""What stands on images in an account: instances, and what launches further ones."""
