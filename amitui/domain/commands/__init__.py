"""Commands of the user's own: what the config says of them, and what their environment holds."""
