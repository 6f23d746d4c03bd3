"""What a browser says of itself, in words."""

from django import template

register = template.Library()
# In this order: a browser also names those that it is like.
BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


@register.filter
def browser(agent: str) -> str:
    """The browser and the system of a User-Agent header, like `Firefox on Linux`; what nobody knows as it is."""
    name = next((said for sign, said in BROWSERS if sign in agent), "")
    system = next((said for sign, said in SYSTEMS if sign in agent), "")
    return f"{name} on {system}" if name and system else name or agent[:80] or "An unknown browser"
