"""The Celery application, and the beat schedule as code.

Every minute each app looks in the database for work that is due and sends it again: a message that a
broker lost, or that a killed worker held, costs a minute and nothing else. Every night what nobody confirmed
is forgotten.
"""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("tributary")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

EVERY_MINUTE = 60.0
EVERY_HOUR = crontab(minute=5)  # For what is due on a day, whatever the program's time zone.
EVERY_NIGHT = crontab(hour=3, minute=10)

app.conf.beat_schedule = {
    "runs go on": {"task": "commissions.tasks.sweep_runs", "schedule": EVERY_MINUTE},
    "statements go on": {"task": "payouts.tasks.sweep_statements", "schedule": EVERY_MINUTE},
    "payouts follow their gates": {"task": "payouts.tasks.sweep_payouts", "schedule": EVERY_MINUTE},
    "notices are sent": {"task": "affiliates.tasks.sweep_notices", "schedule": EVERY_MINUTE},
    "events are sent to webhooks": {"task": "notices.tasks.sweep_webhooks", "schedule": EVERY_MINUTE},
    "events of Stripe are worked": {"task": "integrations.stripe.tasks.sweep_stripe", "schedule": EVERY_MINUTE},
    "messages are read": {"task": "integrations.introductions.tasks.sweep_messages", "schedule": EVERY_MINUTE},
    "the mailbox is looked into": {
        "task": "integrations.introductions.tasks.look_into_mailbox",
        "schedule": EVERY_MINUTE,
    },
    "leads are in step with CRMs": {"task": "integrations.crm.tasks.sweep_crms", "schedule": EVERY_MINUTE},
    "calls of CRMs are forgotten": {"task": "integrations.crm.tasks.forget", "schedule": EVERY_NIGHT},
    "leads are given to reps": {"task": "referrals.tasks.sweep_leads", "schedule": EVERY_MINUTE},
    "reps are reminded of leads": {"task": "referrals.tasks.remind", "schedule": EVERY_HOUR},
    "what fell due is told of": {"task": "affiliates.tasks.watch", "schedule": EVERY_HOUR},
    "unconfirmed applications are forgotten": {"task": "affiliates.tasks.forget", "schedule": EVERY_NIGHT},
    "unconfirmed enquiries are forgotten": {"task": "referrals.tasks.forget", "schedule": EVERY_NIGHT},
    "deliveries of events are forgotten": {"task": "notices.tasks.forget", "schedule": EVERY_NIGHT},
    "answers of the API are forgotten": {"task": "accounts.tasks.forget", "schedule": EVERY_HOUR},
    "the audit trail is sealed": {"task": "accounts.tasks.sweep_audit", "schedule": EVERY_MINUTE},
}
