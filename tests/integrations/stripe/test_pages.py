"""The pages on which finance sees how Stripe stands, places customers, maps products and reads events."""

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.models import User
from clients.models import CategoryMapping, Slice
from integrations.stripe.models import CategoryRule, Place, StripeCustomer, StripeEvent, StripeFinding
from integrations.stripe.standing import standing, to_do
from tests.cast import abe, fay, pam
from tests.integrations.stripe.published import customer, event, invoice, invoice_payment, line
from tests.integrations.stripe.telling import NOW, findings, lines, paid_in_full, referred, tell

pytestmark = pytest.mark.django_db


def browser(user: User | None = None) -> Browser:
    signed_in = Browser()
    signed_in.force_login(user or fay())
    return signed_in


def page(name: str, *arguments: int, query: str = "", by: User | None = None) -> str:
    answer = browser(by).get(reverse(name, args=arguments) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def something_of_each() -> None:
    referred("cus_a", "acme")
    tell(
        event("customer.created", customer("cus_new", name="Acme of Stripe", email="it@acme.example"), "2026-01-01"),
        event("customer.created", customer("cus_direct", name="Direct Ltd"), "2026-01-01"),
        event("invoice.finalized", invoice("in_eur", "cus_a", currency="eur"), "2026-01-01"),
        event("invoice.finalized", invoice("in_odd", "cus_a", line(7_00, product="prod_odd")), "2026-01-01"),
        event("invoice.paid", {"object": "invoice", "total": "<script>alert(1)</script>"}, "2026-01-02"),
    )


def test_the_first_page_says_how_it_stands_and_what_is_kept(settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = []
    empty = page("staff_stripe")
    assert "Nothing comes in: STRIPE_WEBHOOK_SECRETS is not set" in empty
    assert "Nothing is kept back" in empty
    something_of_each()
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_x"]
    shown = page("staff_stripe")
    assert "The invoice is over 100.00 EUR, and the program’s currency is USD" in shown
    stands = standing(at=NOW)
    assert (stands.is_on, stands.says, stands.waiting) == (True, "Last event just now; 4 to look at", 4)


def test_customers_are_placed_and_what_is_known_of_them_is_recorded() -> None:
    something_of_each()
    assert "Direct Ltd" not in page("staff_stripe_customers", query="?place=suggested")
    assert "Acme of Stripe" not in page("staff_stripe_customers", query="?place=direct")
    row = StripeCustomer.objects.get(stripe_id="cus_new")
    assert "Acme Inc., referred by Ada Partners" in page("staff_stripe_customer", row.pk)
    made, payment = paid_in_full("in_1", "cus_new", "2026-01-10")
    tell(event("invoice.paid", made, "2026-01-10"), event("invoice_payment.paid", payment, "2026-01-10"))
    link = reverse("staff_stripe_customer_link", args=[row.pk])
    assert browser().post(link, {"client": "nobody"}).status_code == 422
    answer = browser().post(link, {"client": "ACME"}, follow=True)
    assert "Linked to Acme Inc.; recorded now: 1 invoices, 1 payments." in answer.content.decode()
    assert "in_1 acme" in lines()[0]


def test_a_customer_is_left_and_opened_again() -> None:
    something_of_each()
    row = StripeCustomer.objects.get(stripe_id="cus_new")
    browser().post(reverse("staff_stripe_customer_leave", args=[row.pk]))
    assert StripeCustomer.objects.get(pk=row.pk).place == Place.NOT_REFERRED
    assert "Suggest it again" in page("staff_stripe_customer", row.pk)
    browser().post(reverse("staff_stripe_customer_open", args=[row.pk]))
    assert StripeCustomer.objects.get(pk=row.pk).place == Place.OPEN


def test_a_product_is_mapped_and_its_recorded_lines_earn() -> None:
    something_of_each()
    paid = invoice("in_odd", "cus_a", line(7_00, product="prod_odd"), paid="2026-01-10")
    payment = invoice_payment("inpay_odd", "in_odd", 7_00, "2026-01-10")
    tell(event("invoice.paid", paid, "2026-01-10"), event("invoice_payment.paid", payment, "2026-01-10"))
    assert not Slice.objects.exists()
    assert "prod_odd" in page("staff_stripe_rules")
    keep = reverse("staff_stripe_rule_keep")
    assert browser().post(keep, {"goods": "in odd", "category": "subscription"}).status_code == 422
    browser().post(keep, {"goods": "prod_odd", "category": "subscription"})
    assert CategoryMapping.objects.get().word == "stripe:prod_odd"
    assert Slice.objects.count() == 1
    tell(event("invoice.finalized", invoice("in_2", "cus_a", line(8_00, product="prod_odd")), "2026-02-01"))
    assert "subscription 8.00" in lines()[-2]
    browser().post(keep, {"goods": "prod_odd", "category": "one_time"})
    assert CategoryRule.objects.get(stripe_id="prod_odd").category == "one_time"
    assert Slice.objects.count() == 1


def test_the_category_in_a_products_metadata_settles_lines_that_stand_recorded() -> None:
    something_of_each()
    assert CategoryMapping.objects.count() == 0
    product = {"id": "prod_odd", "object": "product", "name": "Odd", "metadata": {"category": "Compliance"}}
    tell(event("product.updated", product, "2026-02-01"))
    assert str(CategoryMapping.objects.get()) == "stripe:prod_odd is Compliance fees"


def test_an_event_is_shown_word_for_word_and_safely() -> None:
    something_of_each()
    parked = StripeEvent.objects.get(to_work__isnull=False)
    listed = page("staff_stripe_events", query="?state=parked")
    assert listed.count("invoice.paid") == 1
    shown = page("staff_stripe_event", parked.pk)
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "Try again" in shown
    assert "Try again" not in page("staff_stripe_event", parked.pk, by=abe())
    assert page("staff_stripe_events", query="?state=worked&about=in_eur").count("invoice.finalized") == 1


def test_who_only_sees_money_changes_nothing() -> None:
    something_of_each()
    row = StripeCustomer.objects.get(stripe_id="cus_new")
    signed_in = browser(pam())
    for name in ("staff_stripe_customer_link", "staff_stripe_customer_leave", "staff_stripe_customer_open"):
        assert signed_in.post(reverse(name, args=[row.pk]), {"client": "acme"}).status_code == 403
    keep = reverse("staff_stripe_rule_keep")
    assert signed_in.post(keep, {"goods": "prod_odd", "category": "tax"}).status_code == 403
    assert StripeCustomer.objects.get(pk=row.pk).place == Place.OPEN
    assert not CategoryRule.objects.filter(stripe_id="prod_odd").exists()
    assert findings() == ["currency in_eur"]


@pytest.mark.parametrize("page_of", ["", "_customers", "_events", "_rules"])
def test_a_list_asks_as_much_for_many_rows_as_for_few(page_of: str) -> None:
    something_of_each()
    signed_in = browser()
    url = reverse(f"staff_stripe{page_of}")
    signed_in.get(url)
    with CaptureQueriesContext(connection) as few:
        signed_in.get(url)
    tell(
        *(
            event(
                "invoice.finalized", invoice(f"in_{n}", "cus_a", line(1, product=f"p_{n}"), currency=of), "2026-02-01"
            )
            for n, of in enumerate(["usd", "eur"] * 12)
        ),
        *(event("customer.created", customer(f"cus_{n}", email=f"a@acme{n}.example"), "2026-01-01") for n in range(12)),
    )
    with CaptureQueriesContext(connection) as many:
        signed_in.get(url)
    assert len(many) == len(few)


def test_a_finding_says_what_to_do_and_is_settled_by_who_may_map() -> None:
    something_of_each()
    found = StripeFinding.objects.get(subject="in_eur")
    shown = page("staff_stripe_finding", found.pk)
    assert "It is kept and earns nothing; enter an adjustment for the partner if it should." in shown
    assert "about=in_eur" in shown
    settle = reverse("staff_stripe_finding_settle", args=[found.pk])
    assert browser(pam()).post(settle).status_code == 403
    assert browser().get(settle).status_code == 405
    assert to_do(at=NOW).findings == 1
    assert browser().post(settle).status_code == 302
    assert to_do(at=NOW).findings == 0
    assert "Fay" in page("staff_stripe_finding", found.pk)
    assert settle not in page("staff_stripe_finding", found.pk)
    assert "in_eur" in page("staff_stripe", query="?settled=yes")
    assert "in_eur" not in page("staff_stripe", query="?settled=no")
    assert browser().get(reverse("staff_stripe_finding", args=[found.pk + 1])).status_code == 404
