"""The Celery application, and the beat schedule as code.

Every minute each app looks in the database for work that is due and sends it again: a message that a
broker lost, or that a killed worker held, costs a minute and nothing else.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("tributary")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

EVERY_MINUTE = 60.0

app.conf.beat_schedule = {
    "runs go on": {"task": "commissions.tasks.sweep_runs", "schedule": EVERY_MINUTE},
    "statements go on": {"task": "payouts.tasks.sweep_statements", "schedule": EVERY_MINUTE},
    "payouts follow their gates": {"task": "payouts.tasks.sweep_payouts", "schedule": EVERY_MINUTE},
    "notices are sent": {"task": "affiliates.tasks.sweep_notices", "schedule": EVERY_MINUTE},
}
