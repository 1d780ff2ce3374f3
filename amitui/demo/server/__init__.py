"""The simulated EC2 over HTTP."""
