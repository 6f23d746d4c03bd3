"""Events, the endpoints that are told of them, and what was sent."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.http import Http404
from django.utils import timezone
from django_filters.rest_framework import FilterSet, UUIDFilter
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from accounts.rights import Right
from affiliates.api.fields import checked
from affiliates.api.filters import DayFilter
from affiliates.api.problems import Refused
from affiliates.api.resource import Resource
from affiliates.serializers import (
    DeliverySerializer,
    EndpointSerializer,
    EventSerializer,
    NewEndpointSerializer,
    SecretSerializer,
    SentAgainSerializer,
    SinceSerializer,
    SwitchSerializer,
)
from affiliates.services.keep_partner_webhooks import (
    change_partner_endpoint,
    make_partner_endpoint,
    rotate_partner_secret,
)
from notices.models import Event, EventKind, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from notices.models.event import COMPANYS_ALONE
from notices.services.keep_endpoint import (
    EndpointRefused,
    change_endpoint,
    make_endpoint,
    remove_endpoint,
    rotate_secret,
)
from notices.services.redeliver import EndpointIsOff, TooManyTests, redeliver, redeliver_since, send_test
from notices.services.switch_endpoint import switch_endpoint

SHOWN_TRIES = 50  # Whoever has one event sent again and again does not make every list longer.
UUID_TEXT = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


class EventsSought(FilterSet):  # type: ignore[misc]
    since = DayFilter(field_name="at", lookup_expr="gte", is_moment=True)
    until = DayFilter(field_name="at", lookup_expr="lt", is_moment=True)

    class Meta:
        model = Event
        fields = ("kind", "subject")


class Events(Resource):
    """What happened, the newest first. A partner's key sees what happened to the partner."""

    queryset = Event.objects.all()
    serializer_class = EventSerializer
    filterset_class = EventsSought
    partner_field = "partner_id"


class Webhooks(Resource):
    """Addresses that are told of events, in signed messages; a partner's key keeps the partner's."""

    queryset = WebhookEndpoint.objects.all()
    serializer_class = EndpointSerializer
    ordering = ("-made_at", "id")
    ordering_fields = ("made_at",)
    lookup_value_regex = UUID_TEXT
    scope = Scope.WEBHOOKS
    right = Right.MANAGE_KEYS
    once_alone = ("secret",)
    after_the_end = ("switch", "destroy")

    def get_queryset(self) -> "QuerySet[Any]":
        if getattr(self, "swagger_fake_view", False):
            return WebhookEndpoint.objects.none()
        return _endpoints(self)

    @extend_schema(request=NewEndpointSerializer, responses={201: SecretSerializer})
    def create(self, request: Request) -> Response:
        """Make an endpoint. Its secret is shown in this answer alone; the same call again does not show it."""
        chosen, partner = self._chosen(request), self.caller.partner
        try:
            if partner is None:
                endpoint, secret = self._do(make_endpoint, partner_id=None, **chosen)
            else:
                endpoint, secret = self._do(make_partner_endpoint, partner=partner, **chosen)
        except EndpointRefused as refusal:
            raise Refused(refusal, field="url") from refusal
        where = request.build_absolute_uri(f"{request.path}{endpoint.pk}/")
        shown = SecretSerializer({"endpoint": endpoint, "secret": secret}).data
        return Response(shown, status=status.HTTP_201_CREATED, headers={"Location": where})

    @extend_schema(request=NewEndpointSerializer, responses=EndpointSerializer)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, pk: str) -> Response:
        """Send an endpoint's events elsewhere, or choose others for it; its secret stays."""
        endpoint, partner, chosen = self.get_object(), self.caller.partner, self._chosen(request)
        try:
            if partner is None:
                endpoint = self._do(change_endpoint, endpoint=endpoint, **chosen)
            else:
                endpoint = self._do(change_partner_endpoint, partner=partner, endpoint=endpoint, **chosen)
        except EndpointRefused as refusal:
            raise Refused(refusal, field="url") from refusal
        return Response(EndpointSerializer(endpoint).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Remove an endpoint: nothing is sent to it any more, and its secret is forgotten."""
        self._do(remove_endpoint, endpoint=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=SecretSerializer)
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:
        """Give an endpoint a new secret; for 24 hours the one before it signs as well."""
        endpoint, partner = self.get_object(), self.caller.partner
        if partner is None:
            endpoint, secret = self._do(rotate_secret, endpoint=endpoint)
        else:
            endpoint, secret = self._do(rotate_partner_secret, partner=partner, endpoint=endpoint)
        return Response(SecretSerializer({"endpoint": endpoint, "secret": secret}).data)

    @extend_schema(request=SwitchSerializer, responses=EndpointSerializer)
    @action(detail=True, methods=["post"])
    def switch(self, request: Request, pk: str) -> Response:
        """Switch an endpoint on or off; what was under way waits while it is off."""
        said = checked(SwitchSerializer(data=request.data))
        endpoint = self._do(switch_endpoint, endpoint=self.get_object(), on=said["is_on"])
        return Response(EndpointSerializer(endpoint).data)

    @extend_schema(request=None, responses={202: DeliverySerializer})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Send a test event to an endpoint; the delivery tells what comes of it."""
        try:
            delivery = self._do(send_test, endpoint=self.get_object())
        except EndpointIsOff as refusal:
            raise Refused(refusal) from refusal
        except TooManyTests as refusal:
            raise Refused(refusal, code="too_many_tests") from refusal
        return _on_its_way(delivery)

    @extend_schema(request=SinceSerializer, responses={202: SentAgainSerializer})
    @action(detail=True, methods=["post"])
    def redeliver(self, request: Request, pk: str) -> Response:
        """Send everything that happened since a moment to an endpoint again, under the same ids."""
        since: datetime = checked(SinceSerializer(data=request.data))["since"]
        try:
            count = self._do(redeliver_since, endpoint=self.get_object(), since=since.astimezone(UTC))
        except EndpointIsOff as refusal:
            raise Refused(refusal) from refusal
        return Response({"events": count}, status=status.HTTP_202_ACCEPTED)

    def _chosen(self, request: Request) -> dict[str, Any]:
        """What a call says of an endpoint: where it is, and what it is told of."""
        said = checked(NewEndpointSerializer(data=request.data))
        kinds = [EventKind(kind) for kind in sorted(set(said["kinds"]))]
        if self.caller.partner is not None and (refused := [kind for kind in kinds if kind in COMPANYS_ALONE]):
            raise Refused(f"{refused[0]} is told to the company alone", field="kinds")
        return {"url": said["url"], "kinds": kinds}

    def _do(self, step: Callable[..., Any], **arguments: Any) -> Any:
        """A step by the caller now; an endpoint that was removed meanwhile is not there."""
        try:
            return self.caller.do(step, by=self.caller.user, at=timezone.now(), **arguments)
        except WebhookEndpoint.DoesNotExist as error:
            raise NotFound("The endpoint was removed.") from error


class DeliveriesSought(FilterSet):  # type: ignore[misc]
    endpoint = UUIDFilter(field_name="endpoint_id")

    class Meta:
        model = WebhookDelivery
        fields = ("state",)


class Deliveries(Resource):
    """Events on their way to endpoints, each with the last fifty tries that were made."""

    queryset = WebhookDelivery.objects.all()
    serializer_class = DeliverySerializer
    filterset_class = DeliveriesSought
    scope = Scope.WEBHOOKS
    right = Right.MANAGE_KEYS

    def get_queryset(self) -> "QuerySet[Any]":
        rows = WebhookDelivery.objects.select_related("event", "endpoint").prefetch_related(_tries())
        return rows.none() if getattr(self, "swagger_fake_view", False) else rows.filter(endpoint__in=_endpoints(self))

    @extend_schema(request=None, responses={202: DeliverySerializer})
    @action(detail=True, methods=["post"])
    def again(self, request: Request, pk: str) -> Response:
        """Send an event to an endpoint again, under the same id."""
        delivery = self.get_object()
        try:
            delivery = self.caller.do(redeliver, delivery=delivery, by=self.caller.user, at=timezone.now())
        except EndpointIsOff as refusal:
            raise Refused(refusal) from refusal
        except WebhookEndpoint.DoesNotExist as error:
            raise Http404 from error
        return _on_its_way(delivery)


def _tries() -> "Prefetch[Any]":
    """The last tries of deliveries, as their serializer shows them."""
    return Prefetch("attempts", WebhookAttempt.objects.order_by("-id")[:SHOWN_TRIES], to_attr="last_attempts")


def _on_its_way(delivery: WebhookDelivery) -> Response:
    prefetch_related_objects([delivery], _tries())
    return Response(DeliverySerializer(delivery).data, status=status.HTTP_202_ACCEPTED)


def _endpoints(door: Resource) -> "QuerySet[WebhookEndpoint]":
    """The endpoints that the caller keeps: a partner's, or the company's own."""
    partner = door.caller.partner
    return WebhookEndpoint.objects.of(partner.pk if partner else None)
