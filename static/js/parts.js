// The small movements of the parts; every page works without them.
//   data-opens="id"   opens a dialog          data-closes   closes the dialog around it
//   data-copies="id"  copies an element's text or value
//   data-once         a form that is sent once, however often its button is pressed
//   data-focus        takes the focus when the page is there

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
  if (!copier) return;
  const source = document.getElementById(copier.dataset.copies);
  const text = source.value ?? source.textContent.trim();
  const said = copier.textContent;
  try {
    await navigator.clipboard.writeText(text);
    copier.textContent = "Copied";
  } catch {
    source.select?.();
    copier.textContent = "Press Ctrl+C";
  }
  setTimeout(() => { copier.textContent = said; }, 2000);
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
