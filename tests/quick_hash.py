"""The product's way of keeping passwords with the least work: its own servers read them all the same."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """Argon2 that takes no time, for passwords that nobody needs to guess."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
