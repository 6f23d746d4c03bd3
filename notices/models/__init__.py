from notices.models.event import Event, EventKind
from notices.models.kind import MAY_BE_OFF, NoticeKind, Pace
from notices.models.notice import Notice
from notices.models.preference import NoticePreference
from notices.models.webhook import DeliveryState, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WhyOff

__all__ = [
    "MAY_BE_OFF",
    "DeliveryState",
    "Event",
    "EventKind",
    "Notice",
    "NoticeKind",
    "NoticePreference",
    "Pace",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WhyOff",
]
