"""Somebody of the company at their desk: signed in, and what a page says in one line."""

from typing import Any

from django.test import Client

from accounts.models import User


def at_desk(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def words(answer: Any, status: int = 200) -> str:
    """What a page says, its blanks made single."""
    assert answer.status_code == status, answer.status_code
    return " ".join(answer.content.decode().split())
