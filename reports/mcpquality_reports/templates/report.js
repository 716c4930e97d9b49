"use strict";
// Search and filters: an addition only, the page is whole without them. Their state is in the address
// (#q=...&hide=...&new=1), so that it can be passed on.
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const MOST_OPENED = 12; // rules that a search unfolds
  const MOST_PLACES = 200; // places that it unfolds in one rule
  const search = document.getElementById("search");
  const newOnly = document.getElementById("new-only");
  const boxes = [...form.querySelectorAll("input[name=severity]")];
  const words = (element) => element.textContent.toLowerCase();
  const rules = [...document.querySelectorAll(".rule")].map((element) => ({
    element,
    head: [...element.children].filter((child) => !child.matches(".places, .more")).map(words).join("\n"),
    more: element.querySelector(":scope > .more"),
    places: [...element.querySelectorAll(".places > li")].map((item) => ({
      item,
      text: words(item),
      isNew: item.classList.contains("new"),
    })),
  }));
  const opened = new Set(); // what a search unfolded, and its end folds again

  function hide(element, hidden) {
    if (element.hidden !== hidden) element.hidden = hidden;
  }

  function unfold(element) {
    if (!element || element.open) return;
    element.open = true;
    opened.add(element);
  }

  function apply() {
    const wanted = search.value.trim().toLowerCase();
    const only = Boolean(newOnly && newOnly.checked);
    const off = new Set(boxes.filter((box) => !box.checked).map((box) => box.value));
    for (const element of opened) element.open = false;
    opened.clear();
    let shown = 0;
    let listed = 0;
    for (const { element, head, more, places } of rules) {
      const all = head.includes(wanted);
      let fitting = 0;
      if (!off.has(element.dataset.severity)) {
        for (const { item, text, isNew } of places) {
          const fits = (all || text.includes(wanted)) && (isNew || !only);
          hide(item, !fits);
          fitting += fits ? 1 : 0;
        }
      }
      const fits = fitting > 0 || (places.length === 0 && all && !only && !off.has(element.dataset.severity));
      hide(element, !fits);
      if (!fits) continue;
      shown += 1;
      listed += fitting;
      if (wanted && shown <= MOST_OPENED) {
        unfold(element);
        if (!all && fitting <= MOST_PLACES) unfold(more);
      }
    }
    document.getElementById("shown").textContent =
      shown + " of " + rules.length + " rules, " + listed + (listed === 1 ? " place" : " places");
    return { wanted, off, only };
  }

  function remember() {
    const { wanted, off, only } = apply();
    const state = new URLSearchParams();
    if (wanted) state.set("q", wanted);
    if (off.size) state.set("hide", [...off].join(","));
    if (only) state.set("new", "1");
    try {
      history.replaceState(null, "", "#" + state);
    } catch {
      // Some viewers show reports in a frame that has no address of its own.
    }
  }

  function restore() {
    const hash = location.hash.slice(1);
    const target = document.getElementById(hash);
    if (target && target.matches("details")) target.open = true;
    if (target || (hash && !hash.includes("="))) return;
    const state = new URLSearchParams(hash);
    const hidden = (state.get("hide") || "").split(",");
    search.value = state.get("q") || "";
    for (const box of boxes) box.checked = !hidden.includes(box.value);
    if (newOnly) newOnly.checked = state.get("new") === "1";
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", remember);
  addEventListener("hashchange", () => {
    restore();
    apply();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest && event.target.closest("input, textarea");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    search.focus();
  });
  restore();
  form.hidden = false;
  apply();
})();
