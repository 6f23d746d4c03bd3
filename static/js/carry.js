// Carries a visit through a partner's link to the forms of this site. It reads `via` from the address, keeps it in a
// cookie of this site (`data-days` days; the last link wins), and fills in every hidden field named `via`.
// It sends nothing anywhere.
(() => {
  const name = "tributary_via";
  const days = Number(document.currentScript?.dataset.days) || 90;
  const good = /^[A-Za-z0-9_-]{16}$/;
  const given = new URLSearchParams(location.search).get("via") ?? "";
  if (good.test(given)) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${name}=${given}; Max-Age=${days * 86400}; Path=/; SameSite=Lax${secure}`;
  }
  const kept = document.cookie.split("; ").find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
  const token = good.test(given) ? given : kept;
  if (!good.test(token)) return;
  const fill = () => document.querySelectorAll('input[type="hidden"][name="via"]').forEach((field) => {
    field.value = token;
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", fill);
  else fill();
  document.addEventListener("submit", fill, true); // Forms that came later.
})();
