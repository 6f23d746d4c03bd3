from notices.models.kind import MAY_BE_OFF, NoticeKind, Pace
from notices.models.notice import Notice
from notices.models.preference import NoticePreference

__all__ = ["MAY_BE_OFF", "Notice", "NoticeKind", "NoticePreference", "Pace"]
