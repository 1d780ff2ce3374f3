"""Forms that ask what an operation needs to know, and show what it will do before it is done."""
