// The small behaviors that HTML and htmx do not bring: live news, the drawer, keys. Every page works without them.

const FALLBACK_MS = 15000;
const NEWS_PAUSE_MS = 2500;

function announce() {
  document.body.dispatchEvent(new CustomEvent("yd:news", { bubbles: true }));
}

// Listens for news by server-sent events; when they cannot be had it polls, and says which of the two it does.
class Live extends HTMLElement {
  connectedCallback() {
    this.label = this.querySelector("span");
    this.retryMs = 1000;
    this.closed = false;
    this.polling = setInterval(() => { if (!this.classList.contains("on") && !document.hidden) announce(); }, FALLBACK_MS);
    this.seen = () => { if (!document.hidden && !this.classList.contains("on")) { announce(); this.soon(); } };
    document.addEventListener("visibilitychange", this.seen);
    window.addEventListener("online", this.seen);
    this.open();
  }

  disconnectedCallback() {
    this.closed = true;
    clearInterval(this.polling);
    clearTimeout(this.trying);
    document.removeEventListener("visibilitychange", this.seen);
    window.removeEventListener("online", this.seen);
    this.source?.close();
  }

  show(isOn) {
    this.classList.toggle("on", isOn);
    this.label.textContent = isOn ? this.dataset.on : this.dataset.off;
  }

  async open() {
    if (this.closed) return;
    try {
      const answer = await fetch(this.dataset.ticket, { headers: { Accept: "text/plain" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const ticket = (await answer.text()).trim();
      this.source = new EventSource(`/live?ticket=${encodeURIComponent(ticket)}`);
    } catch {
      this.again();
      return;
    }
    this.source.addEventListener("open", () => { this.retryMs = 1000; this.show(true); });
    this.source.addEventListener("news", () => this.hear());
    this.source.addEventListener("error", () => { this.source.close(); this.again(); });
  }

  again() {
    this.show(false);
    clearTimeout(this.trying);
    this.trying = setTimeout(() => this.open(), this.retryMs * (0.75 + Math.random() / 2));
    this.retryMs = Math.min(this.retryMs * 2, 30000);
  }

  // Who comes back to the page, or to the net, need not wait for a long pause to end.
  soon() {
    this.retryMs = 1000;
    this.source?.close();
    clearTimeout(this.trying);
    this.open();
  }

  hear() {
    if (this.waiting) return;
    const pause = Math.max(0, (this.toldAt ?? -NEWS_PAUSE_MS) + NEWS_PAUSE_MS - performance.now());
    this.waiting = setTimeout(() => { this.waiting = 0; this.toldAt = performance.now(); announce(); }, pause);
  }
}
customElements.define("yd-live", Live);

// Tells simulated time between two looks at the server: from where it stood, at the demo's own speed. All clocks of a page
// share one start, which a later look corrects only when it is off by more than an answer's way.
const SHANGHAI_MS = 8 * 3600 * 1000;
const CLOCK_SLACK_MS = 2000;
let start = null;
const simulated = () => start.sim + (performance.now() - start.real) * start.rate;
class Clock extends HTMLElement {
  connectedCallback() {
    this.time = this.querySelector("time");
    const rate = Number(this.dataset.rate);
    const sim = Date.parse(this.time?.dateTime);
    if (!rate || Number.isNaN(sim)) return;
    if (start?.rate !== rate || Math.abs(simulated() - sim) > CLOCK_SLACK_MS * Math.max(1, rate)) {
      start = { sim, rate, real: performance.now() };
    }
    this.runs = true;
    this.tell();
  }

  tell() {
    if (this.runs) this.time.textContent = new Date(simulated() + SHANGHAI_MS).toISOString().slice(0, 19).replace("T", " ");
  }
}
customElements.define("yd-clock", Clock);
setInterval(() => { for (const each of document.querySelectorAll("yd-clock")) each.tell(); }, 1000);

// A request may follow an address that a later answer brought: what asks for counts stays while the list is replaced.
document.addEventListener("htmx:configRequest", (event) => {
  const name = event.detail.elt.dataset.addressOf;
  if (name) event.detail.path = document.getElementById(name)?.dataset.address ?? event.detail.path;
});

// Fields that are empty say nothing: they stay out of the address, whoever sends the form.
document.addEventListener("formdata", (event) => {
  if (event.target.method !== "get") return;
  const told = [...event.formData.entries()];
  for (const [name] of told) event.formData.delete(name);
  for (const [name, value] of told) if (value !== "") event.formData.append(name, value);
});

// What says the same as before stays as it is: nothing flickers, and nothing is read out twice.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { fragment, target } = event.detail;
  if (fragment.firstElementChild?.isEqualNode(target)) event.detail.shouldSwap = false;
});

// Rows that are different after a refresh than before are marked, never moved by us; what the reader stood on stays it.
const rowOf = (key) => document.querySelector(`tr[data-key="${CSS.escape(key)}"]`);
const seen = new Map();
let stood = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  seen.clear();
  for (const row of event.detail.target.querySelectorAll("tr[data-key]")) seen.set(row.dataset.key, row.dataset.version);
  const active = document.activeElement;
  const row = event.detail.target.contains(active) ? active.closest("tr[data-key]") : null;
  const chosen = event.detail.target.querySelector("tr.chosen");
  stood = { chosen: chosen?.dataset.key, key: row?.dataset.key, at: row ? [...row.querySelectorAll(STOPS)].indexOf(active) : -1 };
});
document.addEventListener("htmx:afterSwap", (event) => {
  const target = document.getElementById(event.detail.target.id) ?? event.detail.target;
  for (const row of target.querySelectorAll("tr[data-key]")) {
    const before = seen.get(row.dataset.key);
    if (before !== undefined && before !== row.dataset.version) row.classList.add("changed");
  }
  if (stood?.chosen) rowOf(stood.chosen)?.classList.add("chosen");
  if (stood?.key) rowOf(stood.key)?.querySelectorAll(STOPS)[stood.at]?.focus({ preventScroll: true });
  stood = null;
  if (target.id === "drawer") openedDrawer();
  if (target.id === "results") document.body.dispatchEvent(new CustomEvent("yd:listed"));
});

// The drawer takes the focus and gives it back to the row it was opened from, even when that row was renewed meanwhile.
const STOPS = "a[href], button, input, select, textarea, summary";
let opener = null;
function openedDrawer() {
  const drawer = document.querySelector("#drawer .drawer");
  if (drawer && !drawer.contains(document.activeElement)) drawer.focus();
}
function closeDrawer() {
  const shut = document.querySelector("#drawer [data-shuts]");
  if (!shut) return false;
  if (!opener) { location.assign(shut.href); return true; }
  const back = opener.link.isConnected ? opener.link : opener.key && rowOf(opener.key)?.querySelector("[data-drawer]");
  document.getElementById("drawer").replaceChildren();
  history.replaceState(null, "", shut.href);
  opener = null;
  back?.focus();
  return true;
}
function trap(event) {
  const drawer = document.querySelector("#drawer .drawer");
  if (!drawer || document.querySelector("dialog[open]")) return false;
  const stops = [...drawer.querySelectorAll(STOPS)].filter((each) => each.checkVisibility() && !each.disabled);
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  const isOut = !drawer.contains(document.activeElement) || (event.shiftKey && document.activeElement === drawer);
  if (!stops.length || (document.activeElement !== edge && !isOut)) return false;
  event.preventDefault();
  (event.shiftKey ? stops.at(-1) : stops[0]).focus();
  return true;
}

function choose(step) {
  const all = [...document.querySelectorAll("tr[data-key]")];
  if (!all.length || document.querySelector("#drawer .drawer")) return;
  const at = all.findIndex((row) => row.classList.contains("chosen"));
  all[at]?.classList.remove("chosen");
  const next = all[Math.min(all.length - 1, Math.max(0, at + step))] ?? all[0];
  next.classList.add("chosen");
  next.scrollIntoView({ block: "nearest" });
  (next.querySelector("[data-drawer]") ?? next.querySelector("a"))?.focus({ preventScroll: true });
}
function open(id) {
  const dialog = document.getElementById(id);
  if (dialog && !dialog.open) dialog.showModal();
}
function closeTop() {
  const menu = document.activeElement?.closest("details.menu[open]") ?? document.querySelector("details.menu[open]");
  if (!menu) return closeDrawer();
  menu.open = false;
  menu.querySelector("summary").focus();
  return true;
}

let wentG = 0;
const keys = {
  "/": () => { const field = document.querySelector("[data-search]"); field?.focus(); field?.select(); },
  "?": () => open("shortcuts"),
  j: () => choose(1),
  k: () => choose(-1),
  x: () => document.querySelector("tr.chosen [data-row]")?.click(),
  Enter: () => document.querySelector("tr.chosen a[data-drawer]")?.click(),
  Escape: () => closeTop(),
  g: () => { wentG = performance.now(); },
};
const TYPING = "input:not([type=checkbox], [type=radio], [type=submit]), select, textarea, [contenteditable]";
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("dialog[open]")) return;
  if (event.key === "Tab") { trap(event); return; }
  if (event.target.closest(TYPING) && event.key !== "Escape") return;
  if (wentG && performance.now() - wentG < 1500 && event.key !== "g") {
    wentG = 0;
    const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (link) { event.preventDefault(); location.assign(link.href); return; }
  }
  if (event.key === "Enter" && event.target.closest("a, button, summary, input")) return;
  const act = keys[event.key];
  if (act) { if (event.key !== "Escape") event.preventDefault(); act(); }
});

// Dialogs open by themselves where there are no scripts; here they also keep the focus.
document.addEventListener("click", (event) => {
  const opens = event.target.closest("[data-opens]");
  if (opens) { event.preventDefault(); open(opens.dataset.opens); return; }
  const closes = event.target.closest("[data-closes]");
  if (closes) { event.preventDefault(); closes.closest("dialog").close(); return; }
  if (event.target.matches("dialog[open]")) { event.target.close(); return; }
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  if (event.target.closest("[data-shuts]") && opener) { event.preventDefault(); closeDrawer(); return; }
  const link = event.target.closest("[data-drawer]");
  if (link) opener = { link, key: link.closest("tr[data-key]")?.dataset.key };
});
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (event.target.matches(".chips input")) onlyWhole(event.target);
  if (form?.matches("[data-at-once]") && event.target.matches("[type=checkbox], [type=radio], select")) form.requestSubmit();
});
// "All" beside other chips clears them; without any other it stands by itself.
function onlyWhole(chip) {
  const all = [...chip.closest(".chips").querySelectorAll("input[type=checkbox]")];
  const whole = all.find((each) => "whole" in each.dataset);
  if (!whole) return;
  const others = all.filter((each) => each !== whole);
  if (chip === whole) for (const each of others) each.checked = false;
  whole.checked = !others.some((each) => each.checked);
}
for (const chip of document.querySelectorAll(".chips [data-whole][type=checkbox]")) onlyWhole(chip.closest(".chips").querySelector("input:not([data-whole])") ?? chip);
window.addEventListener("popstate", () => location.reload());

// Short messages: those the page came with, and those an answer brings along.
const TOAST_MS = 6000;
function fade(toast) {
  setTimeout(() => { toast.classList.add("gone"); setTimeout(() => toast.remove(), 500); }, TOAST_MS);
}
function say(text, tone) {
  const toast = document.createElement("p");
  toast.className = `toast ${tone ?? ""}`;
  toast.textContent = text;
  document.getElementById("toasts")?.append(toast);
  fade(toast);
}
for (const each of document.querySelectorAll("#toasts .toast:not(.error)")) fade(each);
document.addEventListener("yd:toast", (event) => say(event.detail.text, event.detail.tone));
const wasAsked = (event) => ["click", "submit", "change"].includes(event.detail.requestConfig?.triggeringEvent?.type);
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => { if (wasAsked(event)) say(document.body.dataset.failed, "error"); });
}
