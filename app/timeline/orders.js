// Orders as bars: what they are at the exchange, and under it since when the manager knows.
const BAR = 20, ORDER_LINES = 14;
const orders = run.orders.map(order => {
  const known = order.manager.length ? order.manager[order.manager.length - 1] : null;
  const over = order.over === null ? run.end : order.over;
  return { ...order, from: order.sent, to: Math.max(over, order.sent), known, words: order.says,
    least: 8, inside: true, failed: false };
}).sort((a, b) => a.from - b.from);
for (const order of orders) {
  const option = document.createElement("option");
  option.value = option.textContent = order.tag;
  only.appendChild(option);
}
let orderLines = 1;
function packOrders() {
  pack(orders, ORDER_LINES);
  orderLines = orders.reduce((most, order) => Math.max(most, order.line + 1), 1);
}

function drawOrders(into) {
  const list = seen(orders);
  if (list.length > DENSE / 2) { drawManyOrders(into, list); return; }
  for (const order of list) {
    const y = ordersY + PAD + order.line * BAR, x0 = Math.max(xOf(order.from), LEFT);
    const end = Math.min(Math.max(xOf(order.to), x0 + 3), view.width - RIGHT);
    const group = put(into, "g", { "data-order": order.tag,
      class: hidden(order.tag) ? "dim" : "" });
    const first = order.exchange.length ? order.exchange[0][0] : order.to;
    segment(group, "SENT", order.from, first, y);
    order.exchange.forEach(([at, state], i) => {
      const next = i + 1 < order.exchange.length ? order.exchange[i + 1][0] : order.to;
      if (!FINAL.has(state)) segment(group, state, at, next, y);
    });
    const last = order.exchange.length ? order.exchange[order.exchange.length - 1] : null;
    const x = xOf(order.to);
    if (!last && order.over !== null && x >= LEFT) {
      put(group, "path", { class: "failed", "stroke-width": 2,
        d: `M${x - 4} ${y + 2}l8 8m0 -8l-8 8` });
    }
    if (last && FINAL.has(last[1]) && x >= LEFT) {
      put(group, "rect", { class: "end-" + last[1], x: x - 1.5, y: y - 1, width: 5, height: 15, rx: 1 });
    }
    knowledge(group, order, y + 14.5);
    const words = wordsOf(order), fits = end - x0 > widthOf(words) + 10;
    if (words && (fits || !order.words_inside)) {
      put(group, "text", { x: fits ? x0 + 5 : end + 8, y: y + 10.5, class: "halo" }, words);
    }
  }
}
function drawManyOrders(into, list) {
  const bars = new Map();
  for (const order of list) {
    const y = ordersY + PAD + order.line * BAR, x = Math.max(xOf(order.from), LEFT);
    const width = Math.max(Math.min(xOf(order.to), view.width - RIGHT) - x, 2).toFixed(1);
    const last = order.exchange.length ? order.exchange[order.exchange.length - 1][1] : "SENT";
    const name = FINAL.has(last) ? "end-" + last : last, dim = hidden(order.tag) ? " dim" : "";
    add(bars, name + dim, `M${x.toFixed(1)} ${y}h${width}v13h-${width}z`);
  }
  paths(into, bars);
}
const WORKS = { ACKNOWLEDGED: 1, NEW: 1, PARTIALLY_FILLED: 1, PENDING_CANCEL: 1, PENDING_REPLACE: 1 };
const FINAL = new Set(["FILLED", "CANCELED", "REJECTED", "EXPIRED"]);

function segment(group, state, from, to, y) {
  const x0 = Math.max(xOf(from), LEFT), x1 = Math.min(xOf(to), view.width - RIGHT);
  if (x1 < LEFT || x0 > view.width || x1 <= x0) return;
  put(group, "rect", { class: state, x: x0, y, width: Math.max(x1 - x0, 1), height: 13, rx: 2 });
}

// A line under the bar, from when the manager was told it works until it was told it is over.
function knowledge(group, order, y) {
  const told = order.manager.filter(([, state]) => state in WORKS || FINAL.has(state));
  if (!told.length) return;
  const over = told.find(([, state]) => FINAL.has(state));
  const x0 = Math.max(xOf(told[0][0]), LEFT);
  const x1 = Math.min(xOf(over ? over[0] : run.end), view.width - RIGHT);
  if (x1 > x0 && x1 > LEFT) put(group, "line", { class: "known", x1: x0, x2: x1, y1: y, y2: y });
}
