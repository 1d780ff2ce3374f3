"""Pure values and rules of the AMI world; nothing here touches a disk, a network or a screen."""
