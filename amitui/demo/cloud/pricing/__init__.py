"""The price list of the simulated AWS: GetProducts for instances on demand and for snapshots."""
