// The preview's panel, livelier. The panel works without this script: it is a form. With it, the page stays where it was
// scrolled to, the component in question is outlined, and a link to what is seen can be copied.

const host = document.currentScript.parentNode;
let root = host.shadowRoot;
if (!root) {
  // A browser that does not know declarative shadow roots.
  const template = host.querySelector("template");
  root = host.attachShadow({ mode: "open" });
  root.append(template.content);
}
const find = (selector) => root.querySelector(selector);
const sheet = find(".sheet");
const form = find("form");
const body = find(".body");
const status = find(".say");

// What is remembered from one view of the page to the next, in this tab alone.
const STORE = "cdp-preview";
let memory = {};
try {
  memory = JSON.parse(sessionStorage.getItem(STORE)) || {};
} catch {}
const remember = (more) => {
  Object.assign(memory, more);
  try {
    sessionStorage.setItem(STORE, JSON.stringify(memory));
  } catch {}
};

// In the top layer nothing of the page covers the panel, and no transformed ancestor moves it.
try {
  host.popover = "manual";
  host.showPopover();
} catch {}

// Clicks and keys in the panel are nothing that the page's own scripts should count or answer.
for (const type of ["click", "dblclick", "keydown", "keypress", "keyup", "mousedown", "pointerdown"]) {
  host.addEventListener(type, (event) => event.stopPropagation());
}

sheet.classList.add("on");
if (memory.closed) sheet.open = false;
sheet.addEventListener("toggle", () => remember({ closed: !sheet.open }));
root.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !sheet.open) return;
  sheet.open = false;
  find("summary").focus();
});

const toSide = (left) => host.toggleAttribute("data-left", left);
toSide(!!memory.left);

// Another variant: the page comes again, and what was focused and scrolled to is where it was.
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { name, value } = event.submitter || {};
  const query = new URLSearchParams(new FormData(form));
  if (name) query.append(name, value);
  remember({ at: location.href, y: scrollY, list: body.scrollTop, focus: value });
  sheet.setAttribute("aria-busy", "true");
  status.textContent = "Loading\u2026";
  location.replace(form.action + "?" + query + location.hash);
});
if (memory.at === location.href) {
  const { y, list, focus } = memory;
  const scroll = () => scrollY < y && scrollTo({ top: y, behavior: "instant" });
  scroll();
  // Images may have made room only by then.
  if (document.readyState !== "complete") addEventListener("load", scroll, { once: true });
  const button = [...root.querySelectorAll("button")].find(({ value }) => value && value === focus);
  if (button) button.focus({ preventScroll: true });
  body.scrollTop = list;
}
remember({ at: 0 });
// A page that comes back from the browser's memory is not waiting for anything.
addEventListener("pageshow", () => sheet.removeAttribute("aria-busy"));

// Where a component stands in the page.
const MARKS = "[data-cdp-experience],[data-cdp-experiment],[data-cdp-guest]";
const idOf = ({ dataset }) => dataset.cdpExperience ?? dataset.cdpExperiment ?? "";
const elements = (item) => [...document.querySelectorAll(MARKS)].filter((element) => idOf(element) === item.dataset.id);
let lit;
let frame;
const boxes = find(".boxes");
const draw = () => {
  frame = 0;
  boxes.replaceChildren();
  if (!lit) return;
  for (const element of elements(lit)) {
    const { top, left, width, height } = element.getBoundingClientRect();
    if (!width || !height) continue;
    const box = document.createElement("div");
    box.className = "box";
    Object.assign(box.style, { top: top - 4 + "px", left: left - 4 + "px", width: width + 8 + "px", height: height + 8 + "px" });
    boxes.append(box);
  }
};
const redraw = () => {
  frame ||= requestAnimationFrame(draw);
};
const light = (item) => {
  if (item === lit) return;
  if (lit) lit.classList.remove("lit");
  lit = item;
  if (lit) lit.classList.add("lit");
  redraw();
};
const itemOf = ({ target }) => target.closest?.(".item[data-id]");
body.addEventListener("pointerover", (event) => light(itemOf(event)));
body.addEventListener("pointerleave", () => light());
root.addEventListener("focusin", (event) => light(itemOf(event)));
root.addEventListener("focusout", () => light());
for (const type of ["scroll", "resize"]) addEventListener(type, () => lit && redraw(), { passive: true, capture: true });

const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const turns = new Map();
const actions = {
  find(button) {
    const item = button.closest(".item");
    const all = elements(item);
    const turn = turns.get(item) || 0;
    turns.set(item, turn + 1);
    const element = all[turn % all.length];
    if (!element) return (status.textContent = "It is not on the page.");
    element.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
    light(item);
  },
  side() {
    const left = !host.hasAttribute("data-left");
    toSide(left);
    remember({ left });
  },
  async copy() {
    const link = form.action + "?token=" + form.elements.token.value;
    try {
      await navigator.clipboard.writeText(link);
      status.textContent = "Copied. The link shows what you see now.";
    } catch {
      prompt("The link to what you see now:", link);
    }
  },
};
root.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-do]");
  if (button) actions[button.dataset.do](button);
});

// How long the link still holds; the words are those that came with the page.
const time = find("time");
const tick = () => {
  const left = time.dataset.until - Date.now() / 1000;
  const minutes = Math.floor(left / 60);
  const hours = Math.floor(minutes / 60);
  let text = minutes + " min left";
  if (left < 0) text = "Over";
  else if (!minutes) text = "under a minute left";
  else if (hours >= 48) text = Math.floor(hours / 24) + " days left";
  else if (hours) text = hours + " h " + (minutes % 60) + " min left";
  time.textContent = text;
};
tick();
setInterval(tick, 15000);
