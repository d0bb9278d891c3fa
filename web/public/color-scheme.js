// Runs before the first paint, so that a dark page never flashes white.
(function () {
  var root = document.documentElement;
  var chosen = null;
  try {
    chosen = localStorage.getItem("mojodex.theme");
  } catch (refused) {
    chosen = null;
  }
  var dark =
    chosen === "dark" ||
    (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
  root.style.colorScheme = dark ? "dark" : "light";

  // The frame of an installed app, and of browsers on phones, has the colour of the page.
  var frame = document.querySelector("meta[name=theme-color]");
  function paint() {
    frame.content = root.getAttribute("data-mantine-color-scheme") === "dark" ? "#171614" : "#fbfaf9";
  }
  paint();
  new MutationObserver(paint).observe(root, { attributeFilter: ["data-mantine-color-scheme"] });
})();
