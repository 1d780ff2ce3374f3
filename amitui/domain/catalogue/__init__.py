"""Which part of EC2's catalogue is fetched and shown."""
