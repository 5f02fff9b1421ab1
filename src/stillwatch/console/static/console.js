// Keys, and what needs no more than a line. Pages work without it.
"use strict";
(() => {
  const typing = (element) =>
    element && element.type !== "checkbox" && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));
  let at = -1;
  let led = false;

  const rows = () => Array.from(document.querySelectorAll("table[data-rows] tbody tr")).filter((row) => row.querySelector("a"));
  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    if (at >= 0 && all[at]) all[at].classList.remove("at");
    at = Math.min(Math.max(at + step, 0), all.length - 1);
    all[at].classList.add("at");
    all[at].querySelector("a").focus({ preventScroll: true });
    all[at].scrollIntoView({ block: "nearest" });
  };
  const submit = (selector) => {
    const form = document.querySelector(selector);
    if (form) form.requestSubmit();
    return form !== null;
  };
  const decide = () => {
    const reason = document.querySelector("[data-reason]");
    if (reason) {
      reason.focus();
      reason.scrollIntoView({ block: "center" });
    } else submit("form[data-claim]");
  };
  const choices = () => Array.from(document.querySelectorAll("table[data-rows] input[type=checkbox]"));
  const choose = () => {
    const box = at >= 0 && rows()[at]?.querySelector("input[type=checkbox]");
    if (box) box.checked = !box.checked;
  };
  const chooseAll = () => {
    const all = choices();
    const on = all.some((box) => !box.checked);
    for (const box of all) box.checked = on;
  };
  const places = { q: "/queue", o: "/", p: "/appeals" };
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    a: decide,
    x: choose,
    "*": chooseAll,
    b: () => document.querySelector("[data-together]")?.click(),
    n: () => submit("form[data-next]") || location.pathname === "/queue" || location.assign("/queue"),
    "/": () => document.getElementById("find")?.focus(),
    "?": () => document.getElementById("keys")?.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const found = document.getElementById("found");
      if (found) found.replaceChildren();
      if (typing(document.activeElement)) document.activeElement.blur();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    if (led && places[event.key]) location.assign(places[event.key]);
    led = event.key === "g";
    const act = keys[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
  // Fields that ask for nothing do not stand in the address.
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-asks]")) return;
    const empty = Array.from(event.target.elements).filter((field) => field.name && !field.value);
    for (const field of empty) field.disabled = true;
    setTimeout(() => empty.forEach((field) => (field.disabled = false)));
  });
  document.addEventListener("focusin", (event) => event.target.matches?.("[data-selects]") && event.target.select());
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    if (event.target.closest("[data-choose-all]")) chooseAll();
    if (!event.target.closest(".find")) document.getElementById("found")?.replaceChildren();
  });
})();
