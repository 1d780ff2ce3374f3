"""The local copy of the AMI catalogue: crawled into segments, indexed, viewed."""
