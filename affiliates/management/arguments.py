"""Arguments that several commands take."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date

from affiliates.months import parse_month


def add_period(parser: ArgumentParser, *names: str) -> None:
    """This function will let a command take a month like 2026-03 as `period`."""
    parser.add_argument(*(names or ("period",)), type=_month, metavar="YYYY-MM", help="a month like 2026-03")


def _month(text: str) -> date:
    try:
        return parse_month(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
