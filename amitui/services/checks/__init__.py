"""What a support person would ask first, as checks with a verdict each: `amitui info --check`."""
