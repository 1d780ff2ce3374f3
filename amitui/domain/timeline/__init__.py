"""An image's timeline: what happened to it, what it comes from, what comes from it."""
