"""Fields that take what the document says and nothing that is merely like it."""

from datetime import datetime
from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

ANYTHING = RegexValidator(r"^[^\x00]*$", "There is a sign in it that nobody can write.")
SOMETHING = RegexValidator(r"^[^\x00]*[^\s\x00-\x1f\x7f-\x9f][^\x00]*$", "Write something here.")


class Text(serializers.CharField):
    """A text; a number is none. With a `default` it may be left out, or empty."""

    def __init__(self, **given: Any) -> None:
        if "default" in given:
            given |= {"required": False, "allow_blank": True}
        validators = [ANYTHING if given.get("allow_blank") else SOMETHING]
        super().__init__(**given)
        self.validators = [*validators, *self.validators]

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "pattern": "^-?[0-9]{1,16}([.][0-9]{1,2})?$", "examples": ["1234.56"]})
class Amount(serializers.DecimalField):
    """Money as text, two places."""

    def __init__(self, **given: Any) -> None:
        super().__init__(max_digits=18, decimal_places=2, **given)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A whole number; a text is none."""

    def to_internal_value(self, data: Any) -> int:
        is_whole = isinstance(data, int) or (isinstance(data, float) and data.is_integer())
        if not is_whole or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(int(data))


class YesNo(serializers.BooleanField):
    """True or false, and no word for it."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Moment(serializers.DateTimeField):
    """A moment with its offset: without one it would be another moment elsewhere."""

    default_error_messages: ClassVar = {"no_offset": "Write it with its offset, like 2026-03-01T00:00:00Z."}

    def enforce_timezone(self, value: datetime) -> datetime:
        if timezone.is_naive(value):
            self.fail("no_offset")
        return super().enforce_timezone(value)


def checked(serializer: "serializers.Serializer[Any]") -> dict[str, Any]:
    """What a call says, every field of it checked.

    :raises ValidationError: a field is missing or wrong
    """
    serializer.is_valid(raise_exception=True)
    found: dict[str, Any] = serializer.validated_data
    return found
