"""What each operation asks of EC2, step by step and in words: pure functions from a request to a `Plan`."""
