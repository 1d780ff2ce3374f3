"""EC2 Auto Scaling as far as images are concerned: groups, launch configurations, instance refreshes."""
