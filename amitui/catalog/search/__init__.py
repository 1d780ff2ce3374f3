"""Searching the index: from a query to row keys, and the rows of any window."""
