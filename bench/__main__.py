"""``python -m bench``, from the repository's root: what can be done with the JSON of a run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # as pytest does for the files here

import compare  # noqa: E402
import figures  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser("python -m bench", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    compared = commands.add_parser("compare", help=compare.__doc__, description=compare.__doc__)
    compared.add_argument("old", type=Path, metavar="OLD.json")
    compared.add_argument("new", type=Path, metavar="NEW.json")
    compared.set_defaults(run=lambda given: compare.main(given.old, given.new))
    text = "Write the pages again from a saved run of all jobs."
    published = commands.add_parser("publish", help=text, description=text)
    published.add_argument("results", type=Path, metavar="RESULTS.json")
    published.set_defaults(run=lambda given: write_again(given.results))
    given = parser.parse_args()
    try:
        status: int = given.run(given)
    except figures.Unreadable as error:
        print(error, file=sys.stderr)
        status = 2
    return status


def write_again(path: Path) -> int:
    import publish  # loads every contender

    done = publish.attempt(figures.read(path))
    print(done.text)
    return int(done.failed)


if __name__ == "__main__":
    sys.exit(main())
