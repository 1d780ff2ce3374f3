"""Bringing the catalogue up to date: crawls, imports, single images."""
