"use strict";
// Search and filter: an addition only, the page is whole without it. The state is in the address (#q=...&hide=...).
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const search = document.getElementById("search");
  const boxes = [...form.querySelectorAll("input[type=checkbox]")];
  const rules = [...document.querySelectorAll(".rule")].map((element) => ({
    element,
    text: element.textContent.toLowerCase(),
    places: [...element.querySelectorAll(".places > li")].map((item) => [item, item.textContent.toLowerCase()]),
  }));

  function apply() {
    const wanted = search.value.trim().toLowerCase();
    const hidden = new Set(boxes.filter((box) => !box.checked).map((box) => box.value));
    let shown = 0;
    for (const { element, text, places } of rules) {
      element.hidden = hidden.has(element.dataset.severity) || !text.includes(wanted);
      shown += element.hidden ? 0 : 1;
      const some = places.some(([, words]) => words.includes(wanted));
      for (const [item, words] of places) item.hidden = some && !words.includes(wanted);
    }
    document.getElementById("shown").textContent = shown + " of " + rules.length + " rules shown";
    return { wanted, hidden };
  }

  function remember() {
    const { wanted, hidden } = apply();
    const state = new URLSearchParams();
    if (wanted) state.set("q", wanted);
    if (hidden.size) state.set("hide", [...hidden].join(","));
    history.replaceState(null, "", "#" + state);
  }

  const state = new URLSearchParams(location.hash.slice(1));
  const hide = (state.get("hide") || "").split(",");
  search.value = state.get("q") || "";
  for (const box of boxes) box.checked = !hide.includes(box.value);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", remember);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest && event.target.closest("input, textarea");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    search.focus();
  });
  form.hidden = false;
  apply();
})();
