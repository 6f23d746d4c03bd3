"""What opens over a page, worked with keys: the dialog that asks, and the panel beside a figure."""

from pathlib import Path

from tests.cast import fay, program
from tests.conftest import Databases
from tests.journeys.browser import browser_page, portal, sign_in
from tests.journeys.keyboard import Keyboard
from tests.journeys.test_by_keyboard import given_back, held
from tests.journeys.test_from_close_to_reason import PASSWORD, with_password


def test_what_opens_over_a_page_holds_the_focus_and_gives_it_back(real_db: Databases, tmp_path: Path) -> None:
    program()
    email = with_password(fay())
    with portal(tmp_path / "web.log") as address, browser_page(address) as page:
        sign_in(page, email, PASSWORD)
        page.goto("/styleguide/")
        keys = Keyboard(page)
        ask(keys)
        read_beside(keys)


def ask(keys: Keyboard) -> None:
    """The dialog: Escape closes it, and so does the button that says no."""
    opener = "Open a dialog"
    keys.reach(opener)
    keys.press("Enter")
    first = keys.focused()
    assert first is not None
    assert first.is_in_dialog
    held(keys, "dialog", opener=opener)
    keys.press("Enter")
    keys.reach("Cancel")
    keys.press("Space")
    given_back(keys, "dialog", opener=opener)


def read_beside(keys: Keyboard) -> None:
    """The panel: also after a link inside it, which took what had the focus away."""
    opener = "412.00 USD"
    panel = keys.page.locator("dialog.beside[open]")
    keys.reach(opener)
    keys.press("Enter")
    panel.get_by_text("In words").last.wait_for()
    keys.reach("What was posted before")  # At the far end of what scrolls.
    keys.press("Enter")
    keys.page.locator("dialog.beside [data-closes]:focus").wait_for()
    held(keys, "dialog.beside", opener=opener)
    keys.press("Enter")
    panel.get_by_text("In words").last.wait_for()
    keys.reach("Close", back=True)
    keys.press("Enter")
    given_back(keys, "dialog.beside", opener=opener)
