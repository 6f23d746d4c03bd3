"""An address that only takes what a form sends leads whoever comes back to it to the page with the form."""

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from affiliates.models import Invitation, Partner
from referrals.models import Lead, LeadFile, Link
from tests.addresses import addresses
from tests.cast import AT, all_rows, the_partner
from tests.pages.test_words import PASSWORD
from tests.safety.test_isolation import ids
from tests.world import ada_member, bens_owner, two_worlds

pytestmark = pytest.mark.django_db
NOT_A_PAGE = {"lead_hints"}  # What a page's script asks; nobody is led there.
SAID = "Nothing was sent. Fill the form in here and send it again."


@pytest.fixture
def ben() -> Partner:
    return two_worlds()[1]


def places(ben: Partner) -> list[tuple[str, str]]:
    """Each such address, and where its form stands."""
    lead, file = Lead.objects.filter(partner=ben).order_by("pk")[0], LeadFile.objects.get(partner=ben)
    link, invitation = Link.objects.get(partner=ben), Invitation.objects.get(partner=ben)
    return [
        *((reverse(name, args=[lead.pk]), reverse("lead", args=[lead.pk]))
          for name in ("lead_ask", "lead_extend", "lead_join_demo")),
        (reverse("lead_file_register", args=[file.pk]), reverse("lead_file", args=[file.pk])),
        (reverse("link_switch", args=[link.pk]), reverse("link", args=[link.pk])),
        (reverse("invitation_withdraw", args=[invitation.pk]), reverse("people")),
        (reverse("agreement_accept"), reverse("agreement")),
    ]  # fmt: skip


def test_nobody_is_refused_for_coming_back(ben: Partner) -> None:
    client, refused = Client(), []
    client.force_login(bens_owner())
    pages = [each for each in addresses() if each.name not in NOT_A_PAGE and not each.name.startswith("api")]
    with time_machine.travel(AT, tick=False):
        for address in pages:
            for url in address.filled(ids(ben)):
                refused += [url] if client.get(url).status_code == 405 else []
    assert refused == []


def test_each_leads_to_where_its_form_stands_with_words(ben: Partner) -> None:
    client = Client()
    client.force_login(bens_owner())
    for url, page in places(ben):
        answer = client.get(url)
        assert (url, answer.status_code, answer.headers["Location"]) == (url, 302, page)
        assert SAID in client.get(page).content.decode(), url


def test_who_was_signed_out_meanwhile_comes_there_after_signing_in(ben: Partner) -> None:
    owner = bens_owner()
    owner.set_password(PASSWORD)
    owner.save()
    url, page = places(ben)[0]
    client, before = Client(), all_rows()["referrals_leadmessage"]
    door = client.post(url, {"ask-text": "When is the demo?"}).headers["Location"]
    answer = client.post(door, {"login": owner.email, "password": PASSWORD}, follow=True)
    assert answer.redirect_chain[-1] == (page, 302)
    assert SAID in answer.content.decode()
    assert all_rows()["referrals_leadmessage"] == before


def test_a_link_alone_switches_to_no_partner(ben: Partner) -> None:
    client = Client()
    client.force_login(ada_member("owner"))
    answer = client.get(reverse("partner_choose", args=[the_partner("ada").pk]), follow=True)
    assert answer.redirect_chain == [(reverse("home"), 302)]
    assert "Nothing was switched." in answer.content.decode()
    assert "partner" not in client.session
