from celery import shared_task
from django.utils import timezone

from referrals.services.assign_leads import assign_new_leads
from referrals.services.forget_enquiries import forget_enquiries
from referrals.services.remind_partners import remind_partners
from referrals.services.remind_reps import remind_reps
from referrals.services.watch_protection import watch_protection


@shared_task
def forget() -> None:
    """Deletes what visitors entered and nobody confirmed in time."""
    forget_enquiries(at=timezone.now())


@shared_task
def sweep_leads() -> None:
    """Gives leads that nobody owns to reps by the rule."""
    assign_new_leads(at=timezone.now())


@shared_task
def remind() -> None:
    """Tells reps of leads that wait for them and of protections that run out; partners of those that did, and of
    leads that they are to confirm."""
    now = timezone.now()
    remind_reps(at=now)
    watch_protection(at=now)
    remind_partners(at=now)
