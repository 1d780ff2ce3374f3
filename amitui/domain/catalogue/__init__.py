"""Which part of EC2's catalogue is asked for and shown."""
