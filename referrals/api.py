"""Leads, their conflicts, links and clicks."""

from typing import Any

from django.utils import timezone
from django_filters.rest_framework import CharFilter, FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from accounts.rights import Right, require
from affiliates.api.fields import checked
from affiliates.api.filters import DayFilter
from affiliates.api.problems import Refused
from affiliates.api.resource import Resource
from affiliates.models import Partner
from referrals.models import Click, Conflict, Lead, Link
from referrals.models.lead import Channel, Stage
from referrals.serializers import (
    ClickSerializer,
    ConflictSerializer,
    LeadSerializer,
    LinkSerializer,
    MoveSerializer,
    NewLeadSerializer,
    NewLinkSerializer,
)
from referrals.services.attribute_click import attribute_click
from referrals.services.make_link import LinkRefused, make_link
from referrals.services.move_lead import LeadCannotMove, move_lead
from referrals.services.register_lead import (
    AlreadyYours,
    NotAttested,
    PartnerNotActive,
    TooManyToday,
    register_lead,
)


class LeadsSought(FilterSet):  # type: ignore[misc]
    partner = CharFilter(field_name="partner__reference")
    email = CharFilter(lookup_expr="iexact")
    since = DayFilter(field_name="registered_on", lookup_expr="gte")
    until = DayFilter(field_name="registered_on", lookup_expr="lte")

    class Meta:
        model = Lead
        fields = ("stage", "channel")


class Leads(Resource):
    """Companies that partners refer, from the registration to won or lost."""

    queryset = Lead.objects.select_related("partner", "link")
    serializer_class = LeadSerializer
    filterset_class = LeadsSought
    ordering_fields = ("id", "registered_on", "company")
    scope = Scope.LEADS
    right = Right.SEE_LEADS

    @extend_schema(request=NewLeadSerializer, responses={201: LeadSerializer})
    def create(self, request: Request) -> Response:
        """Register a lead, protected from today; with `click` it is credited to the link that was clicked."""
        said = checked(NewLeadSerializer(data=request.data))
        partner, link, click, channel = self._source(said)
        try:
            lead = self.caller.do(
                register_lead,
                partner=partner,
                company=said["company"],
                contact=said["contact"],
                email=said["email"],
                domain=said["domain"],
                agents=said["agents"],
                employees=said["employees"],
                crm=said["crm"],
                note=said["note"],
                channel=channel,
                link=link,
                click=click,
                is_attested=said["attested"],
                by=self.caller.user,
                at=timezone.now(),
            )
        except AlreadyYours as refusal:
            raise Refused(refusal, field="company", code="already_yours") from refusal
        except NotAttested as refusal:
            raise Refused(refusal, field="attested", code="not_attested") from refusal
        except (PartnerNotActive, TooManyToday) as refusal:
            raise Refused(refusal) from refusal
        where = request.build_absolute_uri(f"{request.path}{lead.pk}/")
        return Response(LeadSerializer(lead).data, status=status.HTTP_201_CREATED, headers={"Location": where})

    @extend_schema(request=MoveSerializer, responses=LeadSerializer)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        """Move a lead to a stage, for the company's keys. Winning it takes more, and is done in the portal."""
        lead = self.get_object()
        if self.caller.partner is not None:
            raise PermissionDenied("Sales moves leads; this is for the company's keys.")
        said = checked(MoveSerializer(data=request.data))
        seen = Stage(said["seen"]) if said["seen"] else None
        try:
            moved = move_lead(
                lead=lead,
                to=Stage(said["stage"]),
                reason=said["reason"],
                seen=seen,
                by=self.caller.user,
                at=timezone.now(),
            )
        except LeadCannotMove as refusal:
            raise Refused(refusal, field="stage", code="cannot_move") from refusal
        return Response(LeadSerializer(moved).data)

    def _source(self, said: dict[str, Any]) -> tuple[Partner, Link | None, Click | None, Channel]:
        """Whose lead it is, and by which channel: the click's partner, the key's own, or the one that is named."""
        if (own := self.caller.partner) is not None:
            return own, None, None, Channel.FORM
        require(self.caller.user, Right.MOVE_LEADS)
        if said["click"]:
            click = attribute_click(tokens=[said["click"]], at=timezone.now())
            if click is None:
                raise Refused(
                    "This click is credited to nobody: it is unknown, or too old", field="click", code="no_click"
                )
            return click.link.partner, click.link, click, Channel.LINK
        partner = Partner.objects.filter(reference__iexact=said.get("partner", "")).first()
        if partner is None:
            raise ValidationError({"partner": ["Name the key of a partner, or a click."]})
        return partner, None, None, Channel.FORM


class Conflicts(Resource):
    """Registrations that something stands against, for the company's keys."""

    queryset = Conflict.objects.all()
    serializer_class = ConflictSerializer
    filterset_fields = ("state", "kind")
    ordering_fields = ("id", "at")
    partner_field = ""
    for_partners = False
    right = Right.SEE_LEADS


class Links(Resource):
    """Partners' own addresses that lead visitors to the company: `/r/<code>`."""

    queryset = Link.objects.select_related("partner")
    serializer_class = LinkSerializer
    filterset_fields = ("code", "sub_id")
    ordering_fields = ("id", "name")
    scope = Scope.LINKS

    @extend_schema(request=NewLinkSerializer, responses={201: LinkSerializer})
    def create(self, request: Request) -> Response:
        """Make a link, for partners' keys."""
        if self.caller.partner is None:
            raise PermissionDenied("Partners make their own links; this is for a partner's key.")
        said = checked(NewLinkSerializer(data=request.data))
        try:
            link = self.caller.do(
                make_link, partner=self.caller.partner, by=self.caller.user, at=timezone.now(), **said
            )
        except LinkRefused as refusal:
            raise Refused(refusal, field=refusal.field) from refusal
        where = request.build_absolute_uri(f"{request.path}{link.pk}/")
        return Response(LinkSerializer(link).data, status=status.HTTP_201_CREATED, headers={"Location": where})


class ClicksSought(FilterSet):  # type: ignore[misc]
    link = CharFilter(field_name="link__code")
    since = DayFilter(field_name="at", lookup_expr="gte", is_moment=True)
    until = DayFilter(field_name="at", lookup_expr="lt", is_moment=True)


class Clicks(Resource):
    """Who followed a link, without any address; programs and repeats are among them."""

    queryset = Click.objects.select_related("link")
    serializer_class = ClickSerializer
    filterset_class = ClicksSought
    partner_field = "link__partner"
