"""Pure values and rules of the AMI world; nothing here uses a disk, a network or a screen."""
