"""Parameter Store of the simulated Systems Manager: an account's own parameters."""
