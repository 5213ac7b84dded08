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
    this.polling = setInterval(() => { if (!this.classList.contains("on")) announce(); }, FALLBACK_MS);
    this.open();
  }

  disconnectedCallback() {
    this.closed = true;
    clearInterval(this.polling);
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
    setTimeout(() => this.open(), this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, 30000);
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

// What says the same as before stays as it is: nothing flickers, and nothing is read out twice.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { fragment, target } = event.detail;
  if (fragment.firstElementChild?.isEqualNode(target)) event.detail.shouldSwap = false;
});

// Rows that are different after a refresh than before are marked, never moved by us.
const seen = new Map();
function remember(root) {
  for (const row of root.querySelectorAll("tr[data-key]")) seen.set(row.dataset.key, row.dataset.version);
}
function mark(root) {
  for (const row of root.querySelectorAll("tr[data-key]")) {
    const before = seen.get(row.dataset.key);
    if (before !== undefined && before !== row.dataset.version) row.classList.add("changed");
  }
}
document.addEventListener("htmx:beforeSwap", (event) => { seen.clear(); remember(event.detail.target); });
document.addEventListener("htmx:afterSwap", (event) => {
  const target = event.detail.target;
  mark(target.id ? (document.getElementById(target.id) ?? target) : target);
  if (target.id === "drawer") openedDrawer();
  if (target.id === "results") document.body.dispatchEvent(new CustomEvent("yd:listed"));
});

let opener = null;
function openedDrawer() {
  const drawer = document.querySelector("#drawer .drawer");
  if (!drawer || drawer.contains(document.activeElement)) return;
  drawer.focus();
}
function closeDrawer() {
  const shut = document.querySelector("#drawer [data-shuts]");
  if (!shut) return false;
  if (opener) {
    document.getElementById("drawer").replaceChildren();
    history.replaceState(null, "", shut.href);
    opener.focus?.();
    opener = null;
  } else {
    location.assign(shut.href);
  }
  return true;
}

function rows() { return [...document.querySelectorAll("tr[data-key]")]; }
function choose(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.classList.contains("chosen"));
  all[at]?.classList.remove("chosen");
  const next = all[Math.min(all.length - 1, Math.max(0, at + step))] ?? all[0];
  next.classList.add("chosen");
  next.scrollIntoView({ block: "nearest" });
}

let wentG = 0;
const keys = {
  "/": () => document.querySelector("[data-search]")?.focus(),
  "?": () => document.getElementById("shortcuts")?.showModal(),
  j: () => choose(1),
  k: () => choose(-1),
  Enter: () => document.querySelector("tr.chosen a")?.click(),
  Escape: () => closeDrawer(),
  g: () => { wentG = performance.now(); },
};
document.addEventListener("keydown", (event) => {
  const field = event.target.closest("input, select, textarea, [contenteditable], dialog[open]");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Tab" && trap(event)) return;
  if (field && event.key !== "Escape") return;
  if (wentG && performance.now() - wentG < 1500 && event.key !== "g") {
    wentG = 0;
    const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (link) { event.preventDefault(); location.assign(link.href); return; }
  }
  if (event.key === "Enter" && event.target.closest("a, button")) return;
  const act = keys[event.key];
  if (act) { if (event.key !== "Escape") event.preventDefault(); act(); }
});

// Keeps the focus inside an open drawer.
function trap(event) {
  const drawer = document.querySelector("#drawer .drawer");
  if (!drawer) return false;
  const stops = [...drawer.querySelectorAll("a[href], button, input, summary")];
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  if (stops.length && (document.activeElement === edge || !drawer.contains(document.activeElement))) {
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0]).focus();
    return true;
  }
  return false;
}

document.addEventListener("click", (event) => {
  const opens = event.target.closest("[data-opens]");
  if (opens) { document.getElementById(opens.dataset.opens)?.showModal(); return; }
  if (event.target.closest("[data-shuts]") && opener) { event.preventDefault(); closeDrawer(); return; }
  const link = event.target.closest("[data-drawer]");
  if (link) opener = link;
});
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-at-once]");
  if (form && event.target.matches("[type=checkbox], select")) form.requestSubmit();
});
window.addEventListener("popstate", () => location.reload());
