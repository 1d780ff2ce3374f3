"""Which of the own images may go: rules, and the plans that they make. Pure values and functions."""
