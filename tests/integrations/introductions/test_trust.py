"""Only what is proven to come from its sender makes a lead: by the trusted host's own header, and by no other."""

import pytest
from pytest_django.fixtures import Settings

from integrations.introductions.models import State, Why
from integrations.introductions.proof import prove
from notices.models import Notice, NoticeKind
from referrals.models import Lead
from tests.integrations.introductions.writing import FAIL, HOST, PASS, arrive, became, told, written

ME = "olga@ada.example"
CASES = [
    ([f"{HOST}; dmarc=pass header.from=ada.example"], True),
    ([f"{HOST}; dmarc=fail header.from=ada.example"], False),
    ([f"{HOST}; dkim=pass header.d=ada.example; dmarc=fail header.from=ada.example"], False),
    ([f"{HOST}; dkim=pass header.d=ada.example"], True),
    ([f"{HOST}; dkim=pass header.i=@mail.ada.example"], True),
    ([f"{HOST}; dkim=pass header.d=evil.example; spf=fail smtp.mailfrom=ada.example"], False),
    ([f"{HOST}; spf=pass smtp.mailfrom=bounce@news.ada.example"], True),
    ([f"{HOST}; spf=pass smtp.mailfrom=evil.example"], False),
    ([f"{HOST}; spf=softfail smtp.mailfrom=ada.example"], False),
    ([f"{HOST}; dmarc=pass header.from=evil.example"], False),
    ([f"{HOST}; dmarc=none; dkim=pass header.d=ada.example"], True),
    ([f"{HOST} 1; dmarc=pass (p=none) header.from=ada.example"], True),
    ([f"{HOST.upper()}; DMARC=PASS header.from=ADA.example"], True),
    (["mx.evil.example; dmarc=pass header.from=ada.example"], False),
    ([f"mx.evil.example; {HOST}; dmarc=pass header.from=ada.example"], False),
    ([f"{HOST}.evil.example; dmarc=pass header.from=ada.example"], False),
    # What came with the message stands below what the host itself put on top.
    ([f"{HOST}; dmarc=fail header.from=ada.example", f"{HOST}; dmarc=pass header.from=ada.example"], False),
    ([f"{HOST}; none", f"{HOST}; dmarc=pass header.from=ada.example"], False),
    (["mx.other.example; dmarc=fail", f"{HOST}; dmarc=pass header.from=ada.example"], True),
    # What stands in comments and quotes was chosen by the sender.
    ([f"{HOST}; spf=fail (x; dmarc=pass header.from=ada.example) smtp.mailfrom=ada.example"], False),
    ([f'{HOST}; spf=fail smtp.mailfrom="a; dmarc=pass header.from=ada.example"'], False),
    ([f"{HOST}; spf=fail ((;dmarc=pass;) smtp.mailfrom=ada.example"], False),
    ([f'{HOST}; spf=pass smtp.mailfrom="x\\";dmarc=pass header.from=ada.example;\\""@evil.example'], False),
    ([f"{HOST}; spf=fail (x \\); dmarc=pass header.from=ada.example) smtp.mailfrom=evil.example"], False),
    ([f'{HOST}; spf=pass smtp.mailfrom="me@ada.example "@evil.example; dmarc=none'], False),
    ([f'{HOST}; spf=pass smtp.mailfrom="x smtp.mailfrom=me@ada.example"@evil.example'], False),
    ([f'{HOST}; spf=pass smtp.mailfrom="x; dmarc=pass header.from=ada.example'], False),
    ([f'{HOST}; spf=pass smtp.mailfrom="me@ada.example"'], True),
    # A host says one thing of DMARC; where there are two, one is not the host's.
    ([f"{HOST}; dmarc=pass header.from=ada.example; dmarc=none header.from=ada.example"], False),
    # A fail of the domain above the sender's, or of another sender that the host read, is a fail.
    ([f"{HOST}; spf=pass smtp.mailfrom=ada.example; dmarc=fail header.from=evil.example"], False),
    ([f"{HOST}; dkim=pass header.d=ada.example; dmarc=fail header.from=example"], False),
    # Odd forms of the same.
    ([f"{HOST};\n\tdmarc = pass\n\theader.from = ada.example"], True),
    ([f'"{HOST}" ; dmarc=pass header.from="ada.example"'], True),
    ([f"(trusted) {HOST} (really); dmarc=pass header.from=ada.example"], True),
    ([f"evil.example ({HOST}); dmarc=pass header.from=ada.example"], False),
    ([f"evil.example {HOST}; dmarc=pass header.from=ada.example"], False),
    ([f"{HOST}; xdmarc=pass header.from=ada.example; x-dkim=pass header.d=ada.example"], False),
    ([f"{HOST}; dmarc=passed header.from=ada.example"], False),
    ([""], False),
    ([], False),
]


@pytest.mark.parametrize(("verdicts", "is_good"), CASES)
def test_the_trusted_header_proves_or_does_not(verdicts: list[str], is_good: bool) -> None:
    assert prove(ME, verdicts=verdicts, trusted=[HOST]).is_good is is_good


def test_without_a_trusted_host_nothing_is_proven() -> None:
    proof = prove(ME, verdicts=[f"{HOST}; dmarc=pass header.from=ada.example"], trusted=[])
    assert (proof.is_good, "none is named" in proof.says) == (False, True)


def test_what_the_provider_found_beside_the_message_counts_before_its_headers() -> None:
    found = [{"method": "dkim", "result": "fail", "domain": "ada.example"}]
    verdicts = [f"{HOST}; dmarc=pass header.from=ada.example"]
    assert not prove(ME, verdicts=verdicts, trusted=[HOST], provider=found).is_good
    found = [{"method": "dkim", "result": "pass", "domain": "ada.example"}]
    assert prove(ME, verdicts=[], trusted=[], provider=found).is_good


@pytest.mark.django_db
@pytest.mark.parametrize("proof", [FAIL, "", "Authentication-Results: elsewhere.example; dmarc=pass\n", FAIL + PASS])
def test_what_is_not_proven_is_kept_for_a_person_and_answered_to_nobody(proof: str) -> None:
    told()
    reading = arrive(written(proof=proof))
    assert became(reading) == (State.WAITS, Why.UNPROVEN)
    assert "Not proven to come from people.example" in reading.details
    assert not reading.may_become_lead
    assert not Lead.objects.exists()
    assert not Notice.objects.filter(kind=NoticeKind.INTRODUCTION).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("sender", ["Eve <eve@stranger.example>", "owner.of.ada@people.example.evil.example"])
def test_a_stranger_makes_no_lead_and_no_work(sender: str) -> None:
    told()
    assert became(arrive(written(sender=sender))) == (State.LEFT, Why.UNKNOWN)
    assert not Lead.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sender",
    [
        "owner.of.ada@people.example, eve@evil.example",
        "",
        "nobody",
        "Olga <owner.of.ada@people.example>\nFrom: x@y.example",
    ],
)
def test_one_sender_and_one_only(sender: str) -> None:
    told()
    assert became(arrive(written(sender=sender)))[0] == State.LEFT
    assert not Lead.objects.exists()


@pytest.mark.django_db
def test_a_message_in_our_own_name_is_left_alone(settings: Settings) -> None:
    told()
    for sender in (settings.INTRODUCTIONS_ADDRESS, "introductions+x@hello.example", settings.DEFAULT_FROM_EMAIL):
        assert became(arrive(written(sender=sender))) == (State.LEFT, Why.OWN)
    assert became(arrive(written(sender="team@hello.example", proof=PASS.replace("people", "hello"))))[0] == State.LEFT
    assert not Lead.objects.exists()
