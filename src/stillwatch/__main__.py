"""``python -m stillwatch``: the command line."""

from stillwatch.cli import main

if __name__ == "__main__":
    main()
