"""Attacks that go on for as long as they are let, on what the test suite tries a few times.

`python -m bench.soak [--minutes N] [--only NAME] [--seed TEXT]`
"""
