// The board: a card is dragged to another stage, or moved with keys; what comes back are the columns as they are now.
// Every move goes to the address that the card's menu posts to, with the stage at which the card was seen.

const board = () => document.getElementById("board");
const cardOf = (element) => element?.closest?.(".lead-card");
const columnOf = (element) => element?.closest?.(".column");
const dialog = document.getElementById("end-lead");
const says = document.getElementById("board-says");
const ENDS = ["lost", "rejected"];
let dragged = null; // The card, and the place in its column to which it goes back.
let waiting = null; // What the dialog asks the reason for.

document.querySelectorAll(".board-keys").forEach((keys) => { keys.hidden = false; });

const say = (text) => {
  const note = document.createElement("div");
  note.className = "toast-note tone-bad";
  note.textContent = text;
  says.replaceChildren(note);
};

const move = async (card, to, reason) => {
  if (card.classList.contains("is-moving")) return;
  const column = columnOf(card);
  const values = { to, seen: column.dataset.stage };
  if (reason !== undefined) values.reason = reason;
  card.classList.add("is-moving");
  const hadFocus = card.contains(document.activeElement) || document.activeElement === document.body;
  try {
    await htmx.ajax("POST", `${card.dataset.move}${location.search}`, { values, source: card, swap: "none" });
  } finally {
    const now = document.getElementById(card.id);
    now?.classList.remove("is-moving");
    if (hadFocus) now?.querySelector(".card-name")?.focus();
  }
};

const ask = (card, to) => {
  waiting = card;
  const form = dialog.querySelector("form");
  form.reset();
  form.querySelectorAll("[name=to]").forEach((choice) => { choice.checked = choice.value === to; });
  needReason();
  document.getElementById("end-lead-what").textContent = card.querySelector(".card-name").textContent;
  dialog.showModal();
};

const needReason = () => {
  const form = dialog.querySelector("form");
  form.elements.reason.required = form.elements.to.value === "rejected";
};

const go = (card, to) => (ENDS.includes(to) ? ask(card, to) : move(card, to));

dialog?.addEventListener("change", needReason);
dialog?.addEventListener("submit", (event) => {
  event.preventDefault();
  const { to, reason } = event.target.elements;
  dialog.close();
  move(waiting, to.value, reason.value);
});

// A refused move brings the columns too, with the reason.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if ([409, 422].includes(detail.xhr.status) && cardOf(detail.requestConfig.elt)) {
    detail.shouldSwap = true;
    detail.isError = false;
  }
});
for (const name of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(name, ({ detail }) => {
    if (cardOf(detail.requestConfig?.elt)) say("The move did not reach the server. Load the page anew and try again.");
  });
}

// Whoever was signed out meanwhile is led to the sign-in, as by any other click.
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (cardOf(detail.requestConfig?.elt) && detail.xhr.responseURL && !detail.xhr.responseURL.includes("/move/")) {
    location.reload();
  }
});

// -- The menu -----------------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const button = event.target.closest(".card-menu button");
  if (!button) return;
  event.preventDefault();
  button.closest("details").open = false;
  go(cardOf(button), button.value);
});

// -- Drag ---------------------------------------------------------------------------------------------------

document.addEventListener("dragstart", (event) => {
  const card = cardOf(event.target);
  if (!card?.draggable) return;
  dragged = card;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", card.id);
  card.classList.add("is-dragged");
});
document.addEventListener("dragend", () => {
  dragged?.classList.remove("is-dragged");
  document.querySelectorAll(".column.is-over").forEach((column) => column.classList.remove("is-over"));
  dragged = null;
});
document.addEventListener("dragover", (event) => {
  const column = columnOf(event.target);
  if (!dragged || !column) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "move";
  document.querySelectorAll(".column.is-over").forEach((each) => each !== column && each.classList.remove("is-over"));
  column.classList.toggle("is-over", column !== columnOf(dragged));
});
document.addEventListener("drop", (event) => {
  const column = columnOf(event.target);
  if (!dragged || !column) return;
  event.preventDefault();
  if (column !== columnOf(dragged)) go(dragged, column.dataset.stage);
});

// -- Keys ---------------------------------------------------------------------------------------------------

const columnBeside = (column, step) => {
  const all = [...board().querySelectorAll(".column")];
  return all[all.indexOf(column) + step];
};
const focusCard = (card) => card?.querySelector(".card-name")?.focus();

const walk = (card, key) => {
  const column = columnOf(card);
  const cards = [...column.querySelectorAll(".lead-card")];
  const place = cards.indexOf(card);
  if (key === "ArrowDown" || key === "ArrowUp") return focusCard(cards[place + (key === "ArrowDown" ? 1 : -1)]);
  const step = key === "ArrowRight" ? 1 : -1;
  let beside = columnBeside(column, step);
  while (beside && !beside.querySelector(".lead-card")) beside = columnBeside(beside, step);
  const found = beside ? [...beside.querySelectorAll(".lead-card")] : [];
  return focusCard(found[Math.min(place, found.length - 1)]);
};

document.addEventListener("keydown", (event) => {
  const card = cardOf(event.target);
  if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
  const menu = card.querySelector(".card-menu");
  if (event.key === "Escape" && menu?.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (event.key === "m" && menu) {
    event.preventDefault();
    menu.open = true;
    menu.querySelector("button").focus();
  } else if (event.key.startsWith("Arrow")) {
    event.preventDefault();
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const beside = step && columnBeside(columnOf(card), step);
    if (!event.shiftKey) walk(card, event.key);
    else if (beside && card.draggable) go(card, beside.dataset.stage);
  }
});
