// A link with `data-beside` opens what it leads to in the panel beside the page (templates/parts/beside.html).
// Clicks that ask for a new tab or window are left alone.

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-beside]");
  const panel = document.getElementById("beside");
  if (!link || !panel || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const inside = document.getElementById("beside-inside");
  inside.textContent = "Reading the reason …";
  if (!panel.open) panel.showModal();
  try {
    const answer = await fetch(link.href, { headers: { "HX-Request": "true" } });
    if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
    inside.innerHTML = await answer.text();
    panel.scrollTop = 0;
    // The link that was followed inside the panel went with what it stood in.
    if (!panel.contains(document.activeElement)) panel.querySelector("[data-closes]").focus();
  } catch {
    location.assign(link.href);
  }
});
// A click on what is darkened around the panel closes it.
document.getElementById("beside")?.addEventListener("click", (event) => {
  if (event.target === event.currentTarget) event.currentTarget.close();
});
