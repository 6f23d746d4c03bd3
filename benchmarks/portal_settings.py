"""The settings of the portal as it ships, with two addresses more to measure against."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.portal_urls"
