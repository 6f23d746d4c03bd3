import base64

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import HttpRequest


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]
    """People come in by invitation: nobody makes an account for themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class SecretUnreadable(Exception):
    """A second step's secret was tampered with, or its key is no longer in DETAILS_KEYS."""


class SealedSecrets(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of authenticator apps and recovery codes lie encrypted, with the keys of `DETAILS_KEYS`."""

    # One answer for both, since allauth gives it to a passkey too.
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That code or passkey is not one of yours, or not any more. Try again."
    }

    def encrypt(self, text: str) -> str:
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """:raises SecretUnreadable: it was not written by `encrypt` with one of the keys"""
        try:
            return _keys().decrypt(encrypted_text.encode()).decode()
        except InvalidToken as error:
            raise SecretUnreadable("A secret of a second step cannot be read") from error


def _keys() -> MultiFernet:
    texts = (entry.strip().partition(":")[2] for entry in settings.DETAILS_KEYS.split(","))
    return MultiFernet([Fernet(base64.urlsafe_b64encode(base64.b64decode(text))) for text in texts])
