"""Everything amitui knows of EC2's oddities: sessions, pages, field names, errors."""
