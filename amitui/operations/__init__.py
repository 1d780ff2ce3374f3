"""What is being done to images: the journal of it, the poller that watches it, the runner that takes the steps."""
