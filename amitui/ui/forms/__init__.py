"""Forms for the parameters of operations, with a review before anything is sent."""
