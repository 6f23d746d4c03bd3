from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from affiliates.models import Program


def program(request: HttpRequest) -> dict[str, Any]:
    """This context processor will give every page the program, read only where a page names it."""
    return {"program": SimpleLazyObject(Program.current)}
