"""What lists are searched by, taken exactly as the document says it."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django_filters import CharFilter, DateFilter, NumberFilter
from rest_framework.exceptions import ValidationError

from affiliates.months import parse_month

LARGEST_ID = 2**63 - 1
ONE_DAY = timedelta(days=1)
MONTH = "^(19|2[0-9])[0-9]{2}-(0[1-9]|1[0-2])$"  # As `parse_month` reads it.


class MonthFilter(CharFilter):  # type: ignore[misc]
    """Finds by a month, written `2026-03`."""

    def filter(self, qs: "QuerySet[Any]", value: str) -> "QuerySet[Any]":
        if not value:
            return qs
        try:
            month = parse_month(value)
        except ValueError as error:
            raise ValidationError({self.field_name: [str(error)]}) from error
        found: QuerySet[Any] = super().filter(qs, month)
        return found


class IdFilter(NumberFilter):  # type: ignore[misc]
    """Finds by the number of another thing."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, min_value=1, max_value=LARGEST_ID, **given)

    def get_max_validator(self) -> None:
        return None


class DayFilter(DateFilter):  # type: ignore[misc]
    """Finds by a day, written `2026-03-31`; of a moment by the day in the program's time zone, `until` included."""

    def __init__(self, *args: Any, is_moment: bool = False, **given: Any) -> None:
        super().__init__(*args, input_formats=["%Y-%m-%d"], **given)
        self.is_moment = is_moment

    def filter(self, qs: "QuerySet[Any]", value: date | None) -> "QuerySet[Any]":
        if value is None or not self.is_moment:
            found: QuerySet[Any] = super().filter(qs, value)
            return found
        if self.lookup_expr == "gte":
            return qs.filter(**{f"{self.field_name}__gte": _midnight(value)})
        return qs.filter(**{f"{self.field_name}__lt": _midnight(value + ONE_DAY)}) if value < date.max else qs


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, timezone.get_current_timezone())
