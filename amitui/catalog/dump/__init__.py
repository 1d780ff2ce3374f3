"""Reading what other programs printed about images: bytes to text, text to records, in bounded memory.

Knows neither the store nor the index: `catalog/sync/imports.py` takes what is found here.
"""
