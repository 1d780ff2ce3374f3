"""Turning failures of AWS, the network and the system into words."""
