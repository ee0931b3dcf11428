// Drawing all of it, and what keys, wheel, pointer and buttons do.
let packedAt = 0, over = null;

function draw() {
  const wanted = document.getElementById("picture").clientWidth;
  if (wanted > 0) view.width = wanted;
  if (packedAt !== scale()) { packLanes(); packOrders(); packedAt = scale(); }
  const bottom = ordersY + orderLines * BAR + 2 * PAD;
  picture.replaceChildren();
  picture.setAttribute("viewBox", `0 0 ${view.width} ${bottom}`);
  picture.setAttribute("height", bottom);
  drawGround(bottom);
  const clip = put(put(picture, "defs", {}), "clipPath", { id: "inside" });
  put(clip, "rect", { x: LEFT, y: 0, width: view.width - LEFT - RIGHT, height: bottom });
  const body = put(picture, "g", { "clip-path": "url(#inside)" });
  drawBare(body, bottom);
  drawMarket(body.ownerSVGElement);
  drawPosition(body);
  drawOrders(body);
  drawLanes(body);
  drawMarks(body, bottom);
  over = put(picture, "g", { "clip-path": "url(#inside)", "data-bottom": bottom });
  drawCursor();
  document.body.dataset.drawn = String(picture.querySelectorAll("[data-row]").length);
}

function drawGround(bottom) {
  const hatch = put(put(picture, "defs", {}), "pattern", { id: "hatch", width: 7, height: 7,
    patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  put(hatch, "line", { x1: 0, x2: 0, y1: 0, y2: 7, style: "stroke:var(--hatch)", "stroke-width": 2 });
  const right = view.width - RIGHT;
  const band = (y, height, name) => {
    put(picture, "rect", { class: "lane", x: LEFT, y, width: right - LEFT, height });
    put(picture, "text", { class: "name", x: 12, y: y + (name === "market" ? 14 : Math.min(height / 2 + 4, 60)) }, name);
  };
  lanes.forEach(lane => band(lane.y, lane.height, lane.name));
  band(positionY, POSITION, "position");
  band(ordersY, bottom - ordersY, "orders");
  for (const [from, to] of axis.silences) {
    const x0 = Math.max(xOf(from), LEFT), x1 = Math.min(xOf(to), right);
    if (x1 - x0 < 14) continue;
    put(picture, "rect", { class: "silence", x: x0 + 2, y: TOP, width: x1 - x0 - 4,
      height: bottom - TOP, "data-tip": `${length(to - from)} in which nothing happened, shortened` });
    const words = `⋯ ${length(to - from)} ⋯`;
    if (x1 - x0 > widthOf(words) + 8) {
      put(picture, "text", { class: "soft halo", x: (x0 + x1) / 2, y: TOP - 6, "text-anchor": "middle" },
        words);
    }
  }
  drawTicks(right, bottom);
}

function drawTicks(right, bottom) {
  for (let x = LEFT; x < right;) {
    const t = timeAt(x), span = Math.max(timeAt(x + 90) - t, 1);
    const power = 10 ** Math.floor(Math.log10(span));
    const step = power * [1, 2, 5, 10].find(n => n * power >= span);
    const at = Math.ceil(t / step) * step, where = xOf(at);
    if (at > run.end || where > right) break;
    if (where >= x) {
      put(picture, "line", { class: "grid", x1: where, x2: where, y1: 20, y2: bottom });
      put(picture, "text", { class: "soft", x: where, y: 15, "text-anchor": "middle" }, clock(at, step));
    }
    x = Math.max(where + 70, x + 20);
  }
}

function drawMarks(into, bottom) {
  const low = timeAt(LEFT), high = timeAt(view.width - RIGHT);
  const strikes = rows.filter(row => (row[KIND] === "fault" || row[KIND] === "crashed")
    && row[T] >= low && row[T] <= high);
  for (const row of strikes) {
    const x = xOf(row[T]);
    if (strikes.length > 24 && row[KIND] === "fault") continue;
    const name = row[KIND] === "fault" ? "strike" : "rule";
    put(into, "line", { class: name, x1: x, x2: x, y1: TOP, y2: bottom });
  }
  let free = -99;
  for (const [at, rule, text] of run.complaints) {
    const x = xOf(at), width = widthOf(rule) + 12;
    if (x < LEFT || x > view.width) continue;
    const tip = { "data-tip": `${rule} at ${clock(at, 1e3)}: ${text}`, "data-rule": rule };
    put(into, "line", { class: "rule", x1: x, x2: x, y1: 24, y2: bottom, ...tip });
    const left = Math.min(x, view.width - RIGHT - width);
    if (left < free) continue;
    free = left + width;
    put(into, "rect", { class: "flag", x: left, y: 22, width, height: 16, rx: 3, ...tip });
    put(into, "text", { class: "flag-text", x: left + 6, y: 34, ...tip }, rule);
  }
}

function drawCursor() {
  const row = rows[now.row];
  over.replaceChildren();
  if (!row) return;
  const x = xOf(row[T]);
  put(over, "line", { class: "cursor", x1: x, x2: x, y1: TOP - 4, y2: over.dataset.bottom });
  put(over, "path", { class: "cursor-cap", d: `M${x - 5} ${TOP - 8}h10l-5 7z` });
  drawPicked(over);
}

function go(i) {
  if (!rows.length) return;
  now.row = Math.min(Math.max(i, 0), rows.length - 1);
  const u = uOf(rows[now.row][T]), width = view.u1 - view.u0, before = view.u0;
  if (u < view.u0 + width * 0.04) show(u - width * 0.3, u + width * 0.7);
  if (u > view.u1 - width * 0.04) show(u - width * 0.7, u + width * 0.3);
  drawMoment();
  if (view.u0 === before && over) drawCursor(); else draw();
}

function goTo(t) {
  let i = rows.findIndex(row => row[T] >= t);
  if (i < 0) i = rows.length - 1;
  go(i);
}

const wrong = row => row[FAILED] || (row[KIND] === "report" && run.bare.some(
  ([, from, to, meant]) => meant && (row[T] === from || row[T] === to))) || run.complaints.some(([at]) => at === row[T]);
function seek(step, fits) {
  for (let i = now.row + step; i >= 0 && i < rows.length; i += step) {
    if (fits(rows[i], i)) { go(i); return; }
  }
}
const mine = row => row[TAG] === rows[now.row][TAG];
function near() {
  if (!rows.length) return;
  const u = uOf(rows[now.row][T]);
  show(u - 8e7, u + 16e7);
  draw();
}
const center = () => LEFT + (view.width - LEFT - RIGHT) / 2;
function pivot() {
  const x = rows.length ? xOf(rows[now.row][T]) : center();
  return x > LEFT && x < view.width - RIGHT ? x : center();
}
function shorten(on) {
  const from = timeAt(LEFT), to = timeAt(view.width - RIGHT);
  axis.short = on;
  short.checked = on;
  layAxis();
  show(uOf(from), uOf(to));
  packedAt = 0;
  draw();
}
const short = document.getElementById("short"), ask = document.getElementById("ask");
function showQuestions(on) {
  questions = on;
  ask.checked = on;
  packedAt = 0;
  draw();
}

const KEYS = {
  ArrowRight: e => seek(1, e.shiftKey ? wrong : showsNow),
  ArrowLeft: e => seek(-1, e.shiftKey ? wrong : showsNow),
  Home: () => go(0), End: () => go(rows.length - 1),
  "]": () => seek(1, mine), "[": () => seek(-1, mine),
  "+": () => { zoom(1.6, pivot()); draw(); }, "=": () => { zoom(1.6, pivot()); draw(); },
  "-": () => { zoom(1 / 1.6, pivot()); draw(); },
  0: () => { fit(); draw(); }, z: near, c: () => shorten(!axis.short),
  q: () => showQuestions(!questions),
};
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.tagName === "SELECT") return;
  const act = KEYS[event.key];
  if (act) { event.preventDefault(); act(event); }
});

const tip = document.getElementById("tip");
function hover(event) {
  const under = event.target.closest("[data-row],[data-tip],[data-order]");
  if (!under) { tip.hidden = true; return; }
  if (under.dataset.row) tip.replaceChildren(...recordOf(Number(under.dataset.row)));
  else if (under.dataset.tip) tip.textContent = under.dataset.tip;
  else {
    const order = orders.find(each => each.tag === under.dataset.order);
    tip.replaceChildren(cells([["order", order.says], ["sent", clock(order.sent, 1e3)],
      ...order.exchange.map(each => [clock(each[0], 1e3), "is " + stateText(each)]),
      ...order.manager.slice(1).map(each => [clock(each[0], 1e3), "known as " + stateText(each)])]));
  }
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - box.width - 8)) + "px";
  const low = event.clientY + 16;
  tip.style.top = Math.max(4, low + box.height > innerHeight ? event.clientY - box.height - 12 : low)
    + "px";
}
let drag = null;
picture.addEventListener("pointermove", event => {
  if (!drag) { hover(event); return; }
  const moved = (event.clientX - drag.x) / scale();
  if (Math.abs(event.clientX - drag.x) > 3) drag.moved = true;
  show(drag.u0 - moved, drag.u1 - moved);
  tip.hidden = true;
  draw();
});
picture.addEventListener("pointerleave", () => { tip.hidden = true; });
picture.addEventListener("pointerdown", event => {
  const on = event.target.closest("[data-row]");
  drag = { x: event.clientX, u0: view.u0, u1: view.u1, on, moved: false };
});
addEventListener("pointerup", event => {
  if (drag && !drag.moved) {
    if (drag.on) go(Number(drag.on.dataset.row));
    else goTo(timeAt(event.clientX - picture.getBoundingClientRect().left));
  }
  drag = null;
});
picture.addEventListener("wheel", event => {
  event.preventDefault();
  const x = event.clientX - picture.getBoundingClientRect().left;
  if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    const by = (event.deltaX || event.deltaY) / scale();
    show(view.u0 + by, view.u1 + by);
  } else {
    zoom(Math.exp(-event.deltaY / 300), x);
  }
  draw();
}, { passive: false });

const press = (id, act) => document.getElementById(id).addEventListener("click", act);
press("back", KEYS.ArrowLeft);
press("on", KEYS.ArrowRight);
press("in", KEYS["+"]);
press("out", KEYS["-"]);
press("all", KEYS[0]);
short.addEventListener("change", () => shorten(short.checked));
ask.addEventListener("change", () => showQuestions(ask.checked));
only.addEventListener("change", draw);
const slider = document.getElementById("slider");
slider.max = Math.max(rows.length - 1, 0);
slider.addEventListener("input", () => go(Number(slider.value)));
for (const button of document.querySelectorAll("#complaints button")) {
  button.addEventListener("click", () => goTo(Number(button.dataset.at)));
}
new ResizeObserver(draw).observe(document.getElementById("picture"));

layAxis();
short.checked = axis.short;
ask.checked = questions;
fit();
const first = run.complaints.length ? run.complaints[0][0] : null;
if (first === null) go(0); else goTo(first);
