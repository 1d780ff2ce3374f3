"""What a start of amitui is made of: who asks, connections, catalogue, crawls, operations, reads from AWS."""
