"""The modal forms that change something in AWS, one module each; `form.py` is what they share."""
