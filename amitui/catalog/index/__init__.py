"""The search index of one Region: its schema and how it is written."""
