"""Partners, the Agreement and who accepted it."""

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from accounts.rights import Right
from affiliates.api.door import Door
from affiliates.api.resource import Resource
from affiliates.models import Acceptance, AgreementVersion, Partner
from affiliates.serializers import AcceptanceSerializer, AgreementSerializer, PartnerSerializer

KEYS = "[^/]+"


class Partners(Resource):
    """Partner organisations. A partner's key sees its own."""

    queryset = Partner.objects.all()
    serializer_class = PartnerSerializer
    lookup_field, lookup_url_kwarg, lookup_value_regex = "reference", "partner", KEYS
    filterset_fields = ("kind",)
    ordering_fields = ("id", "name", "joined_on")
    partner_field = "pk"


class Agreements(Resource):
    """Versions of the Agreement, the newest first."""

    queryset = AgreementVersion.objects.all()
    serializer_class = AgreementSerializer
    partner_field = ""


class Acceptances(Resource):
    """Who accepted which version for which partner, and when."""

    queryset = Acceptance.objects.select_related("partner", "version")
    serializer_class = AcceptanceSerializer
    right = Right.SEE_PROGRAM


class Nothing(Door):
    """Every other address of the API: there is nothing, said as a problem document."""

    schema = None
    scope = Scope.READ

    def get(self, request: Request, anything: str) -> Response:
        raise NotFound("There is nothing at this address; the pages at /api/v1/docs/ list what there is.")

    post = put = patch = delete = get
