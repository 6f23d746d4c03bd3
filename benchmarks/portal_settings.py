"""The settings of the portal as it ships, with one address more: an empty view to measure against."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.portal_urls"
