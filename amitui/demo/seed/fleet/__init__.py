"""What stands on images in the simulated accounts from the beginning: templates, groups, parameters, instances."""
