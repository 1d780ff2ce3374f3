"""`python -m amitui` is the `amitui` command."""

from amitui.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
