"""Launch templates of the simulated EC2, with all of their versions."""
