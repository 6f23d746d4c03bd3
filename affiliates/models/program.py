import re
import zoneinfo
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import cast

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models

from accounts.reading import read_rows
from affiliates.destinations import host_of, link_hosts

HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


def check_time_zone(name: str) -> None:
    """:raises ValidationError: the name is not one of the IANA time zones"""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"“{name}” is no time zone; write it like America/Los_Angeles")


def check_host(name: str) -> None:
    """:raises ValidationError: it is no host as an address in a browser has it"""
    if not HOST.fullmatch(name):
        raise ValidationError(f"“{name}” is no host; write it in small letters, like www.example.com")


def check_site(address: str) -> None:
    """:raises ValidationError: visitors cannot be led there safely"""
    if host_of(address) is None:
        raise ValidationError(f"“{address}” is no address of a site; write it like https://www.example.com/")


class Program(models.Model):
    """The program's settings, one row that the first migration makes."""

    name = models.CharField(max_length=120)
    currency = models.CharField(
        max_length=3,
        default="USD",
        validators=[RegexValidator(r"^[A-Z]{3}$", "Three capital letters, like USD")],
    )
    time_zone = models.CharField(max_length=64, default="America/Los_Angeles", validators=[check_time_zone])
    protection_days = models.PositiveSmallIntegerField(
        default=90, help_text="How long the first partner to register a company is protected (7)."
    )
    untouched_days = models.PositiveSmallIntegerField(
        default=7,
        validators=[MinValueValidator(1)],
        help_text="After so many days in which sales did nothing with an open lead, its rep is reminded.",
    )
    minimum_payout = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        default=Decimal("0.01"),
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    chargeback_threshold = models.PositiveSmallIntegerField(
        default=3,
        help_text="So many chargebacks of a partner's clients within the window raise a review (B).",
    )
    chargeback_window_days = models.PositiveSmallIntegerField(default=365)
    unusual_change_percent = models.PositiveSmallIntegerField(
        default=50,
        help_text="A partner's commission that moved by more than this share of last month's is shown to finance.",
    )
    cookie_days = models.PositiveSmallIntegerField(
        default=90,
        validators=[MinValueValidator(1)],
        help_text="For how long a visit through a partner's link is credited to the partner.",
    )
    company_site = models.CharField(
        max_length=200,
        blank=True,
        validators=[check_site],
        help_text="Where links lead that lead nowhere else, like https://www.example.com/",
    )
    allowed_hosts = ArrayField(
        models.CharField(max_length=253, validators=[check_host]),
        default=list,
        blank=True,
        help_text="The hosts that partners' links may lead to, separated by commas; none: the company's site alone.",
    )
    company_name = models.CharField(max_length=200)
    company_address = models.TextField(blank=True)
    company_email = models.EmailField()
    accent_colour = models.CharField(
        max_length=7,
        default="#0f5c8c",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", "Write it like #0f5c8c")],
    )

    seen_by_partner = "true"

    class Meta:
        verbose_name = "program settings"
        verbose_name_plural = "program settings"
        constraints = (
            models.CheckConstraint(condition=models.Q(pk=1), name="there_is_one_program"),
            models.CheckConstraint(
                condition=models.Q(minimum_payout__gte=Decimal("0.01")),
                name="minimum_payout_is_a_cent_or_more",
            ),
            models.CheckConstraint(
                condition=models.Q(untouched_days__gte=1), name="reps_are_reminded_after_a_day_or_later"
            ),
            models.CheckConstraint(condition=models.Q(cookie_days__gte=1), name="cookies_live_a_day_or_longer"),
            models.CheckConstraint(
                condition=models.Q(chargeback_threshold__gte=1), name="chargeback_threshold_is_one_or_more"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> "Program":
        """The one program."""
        rows = read_rows("SELECT {program} FROM affiliates_program AS program WHERE id = 1", program=cls)
        return cast(Program, rows[0][0])

    def day(self, at: datetime) -> date:
        """The day that a moment falls on in the program's time zone."""
        return at.astimezone(zoneinfo.ZoneInfo(self.time_zone)).date()

    @property
    def link_hosts(self) -> Sequence[str]:
        """The hosts that partners' links may lead to."""
        return link_hosts(self.allowed_hosts, self.company_site)
