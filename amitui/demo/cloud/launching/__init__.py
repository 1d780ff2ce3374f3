"""RunInstances in the simulated EC2: what is launched, and what EC2 refuses; one module for each kind of rule."""
