from accounts.models.audit_entry import AuditEntry
from accounts.models.user import Role, User

__all__ = ["AuditEntry", "Role", "User"]
