from argparse import ArgumentParser, ArgumentTypeError
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.audit_chain import Proof, verify
from accounts.services.seal_audit import seal_audit

MOST_SHOWN = 100
HASH_LENGTH = 64


def noted_link(text: str) -> tuple[int, str]:
    """Read `1234:9f86…`, a link as this command prints it."""
    number, _, hashed = text.partition(":")
    if not (number.isascii() and number.isdecimal() and len(hashed) == HASH_LENGTH):
        raise ArgumentTypeError("a link is NUMBER:HASH, as this command prints it")
    return int(number), hashed.lower()


class Command(BaseCommand):
    help = "Proves that no entry of the audit trail was changed, taken out or slipped in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--noted",
            type=noted_link,
            metavar="NUMBER:HASH",
            help="a link written down earlier, to be found again",
        )

    def handle(self, *args: Any, noted: tuple[int, str] | None, **options: Any) -> None:
        now = timezone.now()
        while seal_audit(at=now):
            pass
        proof = Proof()
        wrong = list(islice(verify(proof, at=now, noted=noted), MOST_SHOWN))
        if wrong:
            raise CommandError("The audit trail does not hold:\n  " + "\n  ".join(wrong))
        self.stdout.write(f"The audit trail holds: {proof.links:,} entries, each sealed upon the one before.")
        if proof.links:
            self.stdout.write(f"Note the last link where nobody can change it: {proof.links}:{proof.head}")
