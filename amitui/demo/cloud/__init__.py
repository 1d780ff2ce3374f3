"""The simulated EC2: its state and its operations."""
