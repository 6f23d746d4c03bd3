// The small movements of the parts; every page works without them.
//   data-opens="id"   opens a dialog          data-closes   closes the dialog around it
//   data-copies="id"  copies an element's text or value
//   data-once         a form that is sent once, however often its button is pressed
//   data-focus        takes the focus when the page is there
//   data-opens-wide   details that stand open where there is room beside the text
//   data-chooses="name"  ticks every box of that name, or none

const heard = (name, listen) => document.addEventListener(name, listen);

heard("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  const dialog = opener && document.getElementById(opener.dataset.opens);
  if (dialog) {
    event.preventDefault();
    dialog.showModal();
  }
  event.target.closest("[data-closes]")?.closest("dialog")?.close();
  const dismissed = event.target.closest("[data-dismisses]");
  dismissed?.closest(".toast-note")?.remove();
});

heard("click", async (event) => {
  const copier = event.target.closest("[data-copies]");
  if (!copier || copier.dataset.copied) return;
  const source = document.getElementById(copier.dataset.copies);
  const text = source.value ?? source.textContent.trim();
  const said = [...copier.childNodes]; // With what only a screen reader says.
  copier.dataset.copied = "yes";
  try {
    await navigator.clipboard.writeText(text);
    copier.textContent = "Copied";
  } catch {
    source.select?.();
    copier.textContent = "Press Ctrl+C";
  }
  setTimeout(() => {
    copier.replaceChildren(...said);
    delete copier.dataset.copied;
  }, 2000);
});

heard("submit", (event) => {
  const form = event.target;
  if (!("once" in form.dataset)) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
// Coming back by the browser's button must not leave a form shut.
addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});
document.querySelector("[data-focus]")?.focus();
if (matchMedia("(min-width: 1101px)").matches) {
  document.querySelectorAll("[data-opens-wide]").forEach((details) => { details.open = true; });
}
// A table wider than its place is scrolled by keyboard too. Browsers see to it themselves where there is no script.
const widths = new ResizeObserver((seen) => seen.forEach(({ target }) => {
  if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
  else target.removeAttribute("tabindex");
}));
const watchWidths = (root) => root.querySelectorAll(".table-scroll").forEach((place) => {
  const caption = place.querySelector("caption");
  if (caption) {
    place.setAttribute("role", "region");
    place.setAttribute("aria-label", caption.textContent);
  }
  widths.observe(place);
});
watchWidths(document);
heard("htmx:afterSettle", (event) => watchWidths(event.target));
const showChoosers = (root) => root.querySelectorAll("[data-chooses]").forEach((box) => { box.hidden = false; });
showChoosers(document);
heard("htmx:afterSettle", (event) => showChoosers(event.target));
heard("change", (event) => {
  const { chooses } = event.target.dataset ?? {};
  if (!chooses) return;
  document.getElementsByName(chooses).forEach((box) => { box.checked = event.target.checked; });
});

// A small screen shows the navigation as one line: the page that one is on stands in it.
document.querySelector(".side [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
