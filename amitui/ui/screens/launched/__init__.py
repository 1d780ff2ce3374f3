"""The pane of launched instances."""
