"""domain/tags"""
