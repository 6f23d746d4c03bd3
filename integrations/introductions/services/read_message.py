import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection, transaction

from accounts.services.write_audit import write_audit
from affiliates.models import Program
from integrations.introductions.apart import read_apart
from integrations.introductions.letter import CannotRead, Letter
from integrations.introductions.models import LEASE, TRIES, Reading, State, Why
from integrations.introductions.services.make_lead import make_lead
from integrations.introductions.services.settle_reading import settle_reading
from integrations.introductions.services.tell_sender import tell_sender
from integrations.introductions.understanding import Understood, understand
from referrals.services.register_lead import AlreadyYours, PartnerNotActive, TooManyToday

ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('introduction'), hashtext(%s))"


def read_message(*, message_id: int, clock: Callable[[], datetime]) -> Reading | None:
    """This function will read a stored message and do what it asks for, once; None where somebody else holds it.

    A try is noted before it begins. So a message that ends its worker again and again is parked like one that fails.
    """
    reading = _claim(message_id, clock())
    if reading is None or reading.state != State.NEW:
        return reading
    try:
        letter, refused = _letter(reading)
        with transaction.atomic():
            reading = Reading.objects.select_for_update(of=("self",)).select_related("message").get(pk=message_id)
            if reading.state == State.NEW:
                _decide(reading, letter, refused, clock())
    except (DatabaseError, ValueError, OSError) as error:
        reading = Reading.objects.get(pk=message_id)
        reading.error = f"{type(error).__name__}: {error}"[:2000]
        reading.save(update_fields=["error"])
    return reading


def _claim(message_id: int, at: datetime) -> Reading | None:
    with transaction.atomic():
        rows = Reading.objects.due(at=at).select_for_update(skip_locked=True, of=("self",))
        reading = rows.select_related("message").filter(pk=message_id).first()
        if reading is None:
            return None
        if reading.tries >= TRIES:
            return settle_reading(reading, to=State.FAILED, why=Why.NOT_YET, at=at, details=reading.error)
        reading.tries += 1
        reading.next_at = at + LEASE
        reading.save(update_fields=["tries", "next_at"])
        return reading


def _letter(reading: Reading) -> tuple[Letter | None, str]:
    try:
        return read_apart(bytes(reading.message.raw)), ""
    except CannotRead as refused:
        return None, str(refused)


def _decide(reading: Reading, letter: Letter | None, refused: str, at: datetime) -> None:
    reading.read_at = at
    if letter is None:
        settle_reading(reading, to=State.LEFT, why=Why.MALFORMED, at=at, details=refused)
        return
    _note(reading, letter)
    if not reading.message.is_whole:
        size = f"It has {reading.message.size / 1024 / 1024:.1f} MB; only its headers are kept"
        settle_reading(reading, to=State.LEFT, why=Why.TOO_LARGE, at=at, details=size)
        return
    found = understand(letter, reading.message, on=Program.current().day(reading.message.received_at))
    if found.proof is not None and found.proof.is_good and (earlier := _take_key(reading, letter)):
        told = f"It came as message {earlier}"
        settle_reading(reading, to=State.LEFT, why=Why.CAME_ALREADY, at=at, details=told, named="")
        return
    _do(reading, found, at)


def _note(reading: Reading, letter: Letter) -> None:
    """What the message says, for its page and for the answers to it."""
    reading.letter = letter.kept()
    reading.named = letter.message_id
    reading.subject = letter.subject
    reading.sender = letter.senders[0].email if letter.senders else ""


def _take_key(reading: Reading, letter: Letter) -> int | None:
    """The number of the message that this one is once more, if it is: same sender, same id of theirs."""
    own = letter.message_id or f"{letter.date}|{letter.subject}|{letter.text}"
    key = hashlib.sha256(f"{reading.sender}|{own}".encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME, [key])
    earlier = Reading.objects.filter(key=key).exclude(pk=reading.pk).values_list("pk", flat=True).first()
    if earlier is None:
        reading.key = key
    return earlier


def _do(reading: Reading, found: Understood, at: datetime) -> None:
    reading.member, reading.partner = found.member, found.partner
    reading.proof = found.proof.says if found.proof else ""
    reading.others = [{"name": each.name, "email": each.email} for each in found.others]
    if found.proposal is not None:
        reading.company, reading.contact = found.proposal.company, found.proposal.contact
        reading.email, reading.domain = found.proposal.email, found.proposal.domain
    told: dict[str, Any] = {"details": found.details, "lead": found.lead}
    state, why = found.becomes, found.why
    if state == State.LEAD and found.partner is not None and found.proposal is not None:
        try:
            with transaction.atomic():
                make_lead(reading, partner=found.partner, proposal=found.proposal, why=why, at=at)
        except AlreadyYours as refused:
            state, why, told = State.JOINED, Why.ALREADY_YOURS, {"details": f"{refused}", "lead": refused.lead}
        except PartnerNotActive as refused:
            state, why, told = State.WAITS, Why.NOT_ACTIVE, {"details": f"{refused}"}
        except TooManyToday as refused:
            state, why, told = State.WAITS, Why.TOO_MANY, {"details": f"{refused}"}
    if reading.state == State.NEW:
        settle_reading(reading, to=state, why=why, at=at, **told)
    if reading.lead is not None and reading.state in (State.LEAD, State.JOINED):
        _audit(reading, at)
    tell_sender(reading, at=at)


def _audit(reading: Reading, at: datetime) -> None:
    subject = f"lead {reading.lead_id}"
    write_audit(by=None, at=at, action="message taken", subject=subject, message=reading.pk, became=reading.state)
