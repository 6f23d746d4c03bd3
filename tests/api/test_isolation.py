"""Two partners at every address of the API, by every number and key there is: nothing of the other's, ever."""

from typing import Any

import pytest
from django.core.cache import cache

from config.api_urls import router
from tests.api.calling import Caller, partner_key
from tests.pages.everything import everything

pytestmark = pytest.mark.django_db

COMPANYS = ("conflicts", "runs")
SHARED = ("agreements", "plans", "periods")  # Everybody's.


def test_anothers_things_are_nowhere_by_any_number() -> None:
    everything()
    cache.clear()
    ada, ben = partner_key("ada"), partner_key("ben")
    tried = 0
    resource: Any
    for prefix, resource, _ in router.registry:
        queryset = resource.queryset.all()
        field = getattr(resource, "lookup_field", None) or "pk"
        values = list(queryset.values_list(field, flat=True)) if prefix != "periods" else []
        path = f"{prefix}/?limit=250"
        for caller, other in ((ada, ben), (ben, ada)):
            own, others = _seen(caller, path, resource), _seen(other, path, resource)
            for value in {str(each) for each in values} - own:
                found = caller.get(f"{prefix}/{value}/")
                assert found.status_code in ((403,) if prefix in COMPANYS else (404,)), (prefix, value)
                tried += 1
            assert prefix in SHARED or not own & others, prefix
    assert tried >= 20


def _seen(caller: Caller, path: str, resource: Any) -> set[str]:
    answer = caller.get(path)
    if answer.status_code == 403:
        return set()
    return {str(each[resource.lookup_url_kwarg or "id"]) for each in answer.json()["results"]}
