"""The command line's door: ``stillwatch``, and ``python -m stillwatch``.

Imports nothing before it stands ready for Ctrl-C: who stops a command while it still loads reads one line.
"""

import sys


def main() -> None:
    """Run the command line and exit."""
    try:
        from stillwatch.cli import main as run  # noqa: PLC0415

        run()
    except KeyboardInterrupt:
        sys.stderr.write("stillwatch: stopped\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
