"""A person without a mouse: focus is moved with Tab, is always seen, and what it is on is worked with keys."""

from dataclasses import dataclass

from playwright.sync_api import Page

MOST_TABS = 60  # Nobody looks for a control any longer than this.

# What has the focus: its role and name as a screen reader says them, and whether it is seen that it has it.
FOCUSED = """() => {
  const it = document.activeElement;
  if (!it || it === document.body) return null;
  const words = (each) => (each?.textContent ?? "").replace(/\\s+/g, " ").trim();
  const labelled = (it.getAttribute("aria-labelledby") ?? "").split(" ").filter(Boolean)
    .map((id) => words(document.getElementById(id))).join(" ");
  const name = it.getAttribute("aria-label") || labelled || [...(it.labels ?? [])].map(words).join(" ")
    || words(it) || it.value || it.title || "";
  const style = getComputedStyle(it);
  const drawn = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  const box = it.getBoundingClientRect();
  const x = Math.min(Math.max(box.x + box.width / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max(box.y + Math.min(box.height, innerHeight) / 2, 0), innerHeight - 1);
  const top = document.elementFromPoint(x, y);
  const isInside = box.bottom > 0 && box.right > 0 && box.y < innerHeight && box.x < innerWidth;
  return {
    name, tag: it.tagName.toLowerCase(), kind: it.type ?? "", html: it.outerHTML.slice(0, 160),
    is_drawn: drawn || style.boxShadow !== "none",
    is_shown: isInside && box.width > 1 && box.height > 1
      && (it.contains(top) || [...(it.labels ?? [])].some((label) => label.contains(top))),
    is_in_dialog: Boolean(it.closest("dialog[open]")),
    is_in_main: Boolean(it.closest("main")),
  };
}"""
# Everything that a mouse could work, as far as it can be seen now; of radio buttons, those of one name are one stop.
CONTROLS = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
  .filter((it) => it.checkVisibility({visibilityProperty: true}) && !it.disabled && !it.closest("[aria-hidden=true]"))
  .filter((it) => it.type !== "radio" || it === document.querySelector(`input[name="${it.name}"]:checked`)
    || (!document.querySelector(`input[name="${it.name}"]:checked`)
      && it === document.querySelector(`input[name="${it.name}"]`)))
  .map((it) => it.outerHTML.slice(0, 160))"""


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the focus is."""

    name: str
    tag: str
    kind: str
    html: str
    is_drawn: bool
    is_shown: bool
    is_in_dialog: bool
    is_in_main: bool


class Keyboard:
    """The keys of a page, and nothing else of it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.emulate_media(reduced_motion="reduce")  # What scrolls slowly is out of sight for a moment.

    def focused(self) -> Stop | None:
        found = self.page.evaluate(FOCUSED)
        return Stop(**found) if found else None

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def tab(self, *, back: bool = False) -> Stop | None:
        """This function will go on to the next stop, or back to the one before; None past the last one.

        :raises AssertionError: nobody would see where the focus is
        """
        self.press("Shift+Tab" if back else "Tab")
        stop = self.focused()
        if stop is not None:
            assert stop.is_drawn, f"nothing shows the focus on {self.page.url}: {stop.html}"
            assert stop.is_shown, f"the focus is out of sight on {self.page.url}: {stop.html}"
        return stop

    def reach(self, name: str, *, tag: str = "", in_main: bool = False, back: bool = False) -> Stop:
        """This function will go on to the control whose name begins so.

        :raises AssertionError: it is too far, or the focus is not seen on the way
        """
        seen = []
        for _ in range(MOST_TABS):
            stop = self.tab(back=back)
            if stop is None:
                continue
            seen.append(stop.name)
            if stop.name.startswith(name) and tag in ("", stop.tag) and (stop.is_in_main or not in_main):
                return stop
        raise AssertionError(f"“{name}” is not within {MOST_TABS} tabs on {self.page.url}: {seen}")

    def write(self, field: str, text: str) -> None:
        """This function will reach a field and type into it, in place of what it holds."""
        self.reach(field, in_main=True)
        self.press("Control+a")
        self.page.keyboard.type(text)

    def tick(self, box: str) -> None:
        """This function will reach a box or a radio button and choose it."""
        self.reach(box, in_main=True)
        self.press("Space")

    def follow(self, name: str, *, in_main: bool = False) -> None:
        """This function will reach a link or a button, press Enter, and wait for the page that it leads to."""
        stop = self.reach(name, in_main=in_main)
        assert stop.tag in ("a", "button"), f"“{name}” is neither a link nor a button: {stop.html}"
        with self.page.expect_navigation():
            self.press("Enter")

    def walk(self) -> list[Stop]:
        """This function will go once around the page: every control is reached, and none holds the focus.

        :raises AssertionError: a control is not reached, or the focus does not come around
        """
        expected = set(self.page.evaluate(CONTROLS))
        stops: list[Stop] = []
        for _ in range(4 * len(expected) + 10):  # A field for a day has several stops.
            stop = self.tab()
            if stop is None or (len(stops) > 1 and stop == stops[0]):
                break
            stops.append(stop)
        else:
            raise AssertionError(f"the focus does not leave {self.page.url}: {[stop.html for stop in stops[-3:]]}")
        missed = expected - {stop.html for stop in stops}
        assert missed == set(), f"no key reaches these on {self.page.url}"
        return stops
