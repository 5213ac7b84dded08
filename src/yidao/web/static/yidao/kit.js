// What makes plain fields and tables quicker. Each element below works as HTML without this file.

const words = document.body.dataset;
const make = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};
// Text matches as it stands, and by any key (pinyin, initials) that begins with what was typed.
const fits = (element, typed) => {
  const wanted = typed.trim().toLowerCase();
  if (!wanted || element.textContent.toLowerCase().includes(wanted)) return true;
  return (element.dataset.keys ?? "").split(" ").some((key) => key.startsWith(wanted));
};

class Combo extends HTMLElement {
  connectedCallback() {
    this.menu = this.querySelector("details");
    this.shown = this.querySelector("summary span");
    this.labels = [...this.querySelectorAll("li label")];
    this.addEventListener("change", () => this.tell());
    this.menu.addEventListener("toggle", () => { if (this.menu.open) this.begin(); });
    this.addEventListener("keydown", (event) => this.press(event));
    document.addEventListener("reset", () => setTimeout(() => this.tell()));
  }

  begin(typed = "") {
    if (this.find && document.activeElement === this.find) return;
    if (!this.find) {
      this.find = make("input", { type: "search", placeholder: words.find, ariaLabel: words.find, autocomplete: "off" });
      this.find.addEventListener("input", (event) => { event.stopPropagation(); this.narrow(); });
      this.find.addEventListener("change", (event) => event.stopPropagation());
      this.querySelector(".sheet").prepend(this.find);
    }
    this.find.value = typed;
    this.narrow();
    this.find.focus();
  }

  narrow() {
    for (const label of this.labels) label.parentElement.hidden = !fits(label, this.find.value);
  }

  press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const boxes = this.labels.filter((each) => !each.parentElement.hidden).map((each) => each.firstElementChild);
    const isTyped = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (isTyped && this.menu.open && event.target.matches("summary")) {
      event.preventDefault();
      this.begin(event.key);
    } else if (step && this.menu.open) {
      event.preventDefault();
      const stops = [this.find, ...boxes];
      stops[Math.min(stops.length - 1, Math.max(0, stops.indexOf(document.activeElement) + step))]?.focus();
    } else if (event.key === "Enter" && event.target === this.find) {
      event.preventDefault();
      boxes[0]?.click();
    } else if (event.key === "Escape" && this.menu.open) {
      event.preventDefault();
      event.stopPropagation();
      this.menu.open = false;
      this.menu.querySelector("summary").focus();
    }
  }

  tell() {
    const names = this.labels.filter((each) => each.firstElementChild.checked && each.firstElementChild.value);
    this.shown.textContent = names.map((each) => each.textContent.trim()).join(", ") || this.dataset.none;
    this.shown.classList.toggle("quiet", !names.length);
  }
}
customElements.define("yd-combo", Combo);

class Suggest extends HTMLElement {
  connectedCallback() {
    this.field = this.querySelector("input");
    this.list = this.querySelector("ul");
    this.options = [...this.list.children];
    if (!this.options.length) return;
    Object.assign(this.field, { role: "combobox", ariaAutoComplete: "list", ariaExpanded: "false" });
    this.field.setAttribute("aria-controls", this.list.id);
    this.field.addEventListener("input", () => this.offer());
    this.field.addEventListener("focus", () => this.offer());
    this.field.addEventListener("blur", () => setTimeout(() => this.show(false), 150));
    this.field.addEventListener("keydown", (event) => this.press(event));
    this.list.addEventListener("pointerdown", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) { event.preventDefault(); this.take(option); }
    });
  }

  offer() {
    let left = 12;
    for (const each of this.options) each.hidden = !(left > 0 && fits(each, this.field.value) && left--);
    this.at(null);
    this.show(this.options.some((each) => !each.hidden));
  }

  show(isOpen) {
    this.list.hidden = !isOpen;
    this.field.ariaExpanded = String(isOpen);
  }

  at(option) {
    for (const each of this.options) each.ariaSelected = String(each === option);
    if (option) this.field.setAttribute("aria-activedescendant", option.id);
    else this.field.removeAttribute("aria-activedescendant");
  }

  press(event) {
    const seen = this.options.filter((each) => !each.hidden);
    const now = seen.findIndex((each) => each.ariaSelected === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && seen.length) {
      event.preventDefault();
      this.show(true);
      this.at(seen[Math.min(seen.length - 1, Math.max(0, now + step))]);
    } else if (event.key === "Enter" && !this.list.hidden && now >= 0) {
      event.preventDefault();
      this.take(seen[now]);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      this.show(false);
    }
  }

  take(option) {
    this.field.value = option.textContent.trim();
    this.show(false);
    if (this.field.form?.matches("[data-at-once]")) this.field.form.requestSubmit();
  }
}
customElements.define("yd-suggest", Suggest);

// Days are plain dates: they are counted in UTC, so that no zone of the reader's machine moves them.
const DAY_MS = 86400000;
const day = (text) => { const at = Date.parse(`${text}T00:00:00Z`); return Number.isNaN(at) ? null : at; };
const text = (at) => new Date(at).toISOString().slice(0, 10);
class Dates extends HTMLElement {
  connectedCallback() {
    [this.first, this.last] = this.querySelectorAll("input");
    this.sheet = this.querySelector(".sheet");
    this.today = day(this.dataset.today) ?? Math.floor(Date.now() / DAY_MS) * DAY_MS;
    for (const field of [this.first, this.last]) {
      field.addEventListener("focus", () => this.begin(field));
      field.addEventListener("input", () => this.paint());
    }
    this.addEventListener("focusout", (event) => { if (!this.contains(event.relatedTarget)) this.sheet.hidden = true; });
    this.addEventListener("keydown", (event) => this.press(event));
    this.sheet.addEventListener("pointerdown", (event) => event.preventDefault());
    this.sheet.addEventListener("click", (event) => this.click(event.target.closest("button")));
  }

  begin(field) {
    this.field = field;
    this.shown ??= day(field.value) ?? this.today;
    if (!this.body) { this.body = make("div"); this.sheet.append(this.body); }
    this.sheet.hidden = false;
    this.paint();
  }

  paint() {
    if (!this.body) return;
    const locale = document.documentElement.lang;
    const format = (options, at) => new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options }).format(at);
    const month = new Date(this.shown);
    const start = Date.UTC(month.getUTCFullYear(), month.getUTCMonth(), 1);
    const end = Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 1);
    const offset = (new Date(start).getUTCDay() + 6) % 7;
    const [from, until] = [day(this.first.value), day(this.last.value)];
    const arrow = (step, sign, label) => make("button", { type: "button", className: "plain", textContent: sign, ariaLabel: label, value: `month:${step}` });
    const days = make("div", { className: "days" });
    for (let each = 0; each < 7; each++) days.append(make("span", { textContent: format({ weekday: "narrow" }, Date.UTC(2024, 0, 1 + each)) }));
    for (let each = 0; each < offset; each++) days.append(make("i"));
    for (let at = start; at < end; at += DAY_MS) {
      const isEnd = at === from || at === until;
      const isIn = from !== null && until !== null && at > from && at < until;
      const name = [isEnd && "end", isIn && "in", at === this.today && "now"].filter(Boolean).join(" ");
      days.append(make("button", { type: "button", className: name, value: text(at), textContent: new Date(at).getUTCDate(), ariaLabel: format({ dateStyle: "long" }, at) }));
    }
    const head = make("p", { className: "month" }, arrow(-1, "‹", words.before), make("b", { textContent: format({ year: "numeric", month: "long" }, start) }), arrow(1, "›", words.after));
    this.body.replaceChildren(head, days);
  }

  click(button) {
    if (!button) return;
    if (button.dataset.days) {
      const count = Number(button.dataset.days);
      this.set(count ? text(this.today - (count - 1) * DAY_MS) : "", count ? text(this.today) : "");
      this.done();
    } else if (button.value.startsWith("month:")) {
      const month = new Date(this.shown);
      this.shown = Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + Number(button.value.slice(6)), 1);
      this.paint();
    } else if (this.field === this.first) {
      this.set(button.value, this.last.value && this.last.value < button.value ? "" : this.last.value);
      this.last.focus();
    } else {
      this.set(this.first.value > button.value ? "" : this.first.value, button.value);
      this.done();
    }
  }

  set(from, until) {
    [this.first.value, this.last.value] = [from, until];
    this.paint();
  }

  done() {
    this.sheet.hidden = true;
    if (this.first.form?.matches("[data-at-once]")) this.first.form.requestSubmit();
  }

  press(event) {
    const step = { ArrowDown: -1, ArrowUp: 1, PageDown: -30, PageUp: 30 }[event.key];
    if (event.key === "Escape" && !this.sheet.hidden) {
      event.preventDefault();
      event.stopPropagation();
      this.sheet.hidden = true;
    } else if (step && event.target.matches("input")) {
      event.preventDefault();
      this.shown = (day(event.target.value) ?? this.today - step * DAY_MS) + step * DAY_MS;
      event.target.value = text(this.shown);
      this.sheet.hidden = false;
      this.paint();
    }
  }
}
customElements.define("yd-dates", Dates);

class Copy extends HTMLElement {
  connectedCallback() {
    if (this.querySelector(".copy") || !navigator.clipboard) return;
    this.dataset.text ??= this.textContent.trim();
    const button = make("button", { type: "button", className: "copy", title: words.copy, ariaLabel: words.copy, textContent: "⧉", tabIndex: this.closest("tr") ? -1 : 0 });
    button.addEventListener("click", async (event) => {
      event.stopPropagation();
      event.preventDefault();
      await navigator.clipboard.writeText(this.dataset.text);
      button.textContent = "✓";
      document.dispatchEvent(new CustomEvent("yd:toast", { detail: { text: words.copied, tone: "success" } }));
      setTimeout(() => { button.textContent = "⧉"; }, 1500);
    });
    this.append(button);
  }
}
customElements.define("yd-copy", Copy);

// The rows somebody chose stay chosen while the list renews itself, as long as they are on the page.
const kept = new Map();
class Bulk extends HTMLElement {
  // While a list is replaced its old rows stand there for a moment longer: what is counted is counted afterwards.
  connectedCallback() { this.starting = setTimeout(() => this.start()); }

  start() {
    this.name = this.dataset.of;
    this.count = this.querySelector(".much");
    this.count.hidden = false;
    this.clear = this.querySelector("[data-none]");
    this.clear.hidden = false;
    this.clear.addEventListener("click", () => { for (const each of this.rows()) each.checked = false; this.tell(); });
    this.whole = document.querySelector(`[data-page-of="${this.name}"]`);
    const before = kept.get(this.name) ?? new Set();
    for (const each of this.rows()) if (before.has(each.value)) each.checked = true;
    if (this.whole) {
      this.whole.hidden = false;
      this.whole.addEventListener("change", () => { for (const each of this.rows()) each.checked = this.whole.checked; this.tell(); });
    }
    this.hear = (event) => { if (event.target.matches?.(`[data-row][form="${this.name}"]`)) this.tell(); };
    document.addEventListener("change", this.hear);
    this.tell();
  }

  disconnectedCallback() {
    clearTimeout(this.starting);
    if (this.hear) document.removeEventListener("change", this.hear);
  }

  rows() { return [...document.querySelectorAll(`[data-row][form="${this.name}"]`)]; }

  tell() {
    const all = this.rows();
    const chosen = all.filter((each) => each.checked);
    kept.set(this.name, new Set(chosen.map((each) => each.value)));
    this.classList.toggle("on", chosen.length > 0);
    this.count.textContent = this.count.dataset.words.replace("#", chosen.length);
    if (this.whole) {
      this.whole.checked = chosen.length > 0 && chosen.length === all.length;
      this.whole.indeterminate = chosen.length > 0 && chosen.length < all.length;
    }
  }
}
customElements.define("yd-bulk", Bulk);
