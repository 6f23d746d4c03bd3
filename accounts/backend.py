"""Who signs in, and who a session belongs to."""

from allauth.account.auth_backends import AuthenticationBackend

from accounts.models import User
from accounts.reading import read_rows

BY_KEY = "SELECT {person} FROM accounts_user AS person WHERE person.id = %s"


class Backend(AuthenticationBackend):  # type: ignore[misc]
    """People sign in by e-mail address and password, here and in the admin."""

    def get_user(self, user_id: int) -> User | None:
        """Whose session it is; None for who is gone or may not sign in. Each page asks."""
        found = read_rows(BY_KEY, [user_id], person=User)
        return found[0][0] if found and self.user_can_authenticate(found[0][0]) else None
