"""`python -m fastgd`, and the script `fastgd`."""

from __future__ import annotations

import sys

from fastgd.errors import missing_extra


def main() -> None:
    """Run the command line, or say in one line what to install for it."""
    try:
        from fastgd.cli import app
    except ImportError as error:
        package = (error.name or "typer").partition(".")[0]
        sys.exit(f"fastgd: {missing_extra(package, 'cli', 'the command line')}")
    app()


if __name__ == "__main__":
    main()
