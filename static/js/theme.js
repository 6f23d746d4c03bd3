// Light and dark follow the system, or what was chosen in the admin. Loaded first, so that nothing flashes.
const chosen = localStorage.getItem("theme");
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => {
  document.documentElement.dataset.bsTheme =
    chosen === "dark" || (chosen !== "light" && dark.matches) ? "dark" : "light";
};
follow();
dark.addEventListener("change", follow);
