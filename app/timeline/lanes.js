// The lanes: what happened on each, and the messages between them.
const lanes = [
  { name: "strategy", lines: 3 }, { name: "manager", lines: 6 }, { name: "wire up", lines: 4 },
  { name: "wire down", lines: 6 }, { name: "exchange", lines: 4 }, { name: "market", lines: 0 },
];
const TOP = 46, PAD = 7, MARKET = 104, POSITION = 44;
let below = TOP;
for (const lane of lanes) {
  lane.y = below;
  lane.height = lane.lines ? lane.lines * LINE + 2 * PAD : MARKET;
  below += lane.height + 3;
  lane.items = [];
}
const positionY = below;
const ordersY = positionY + POSITION + 3;
const middle = (lane, line) => lanes[lane].y + PAD + line * LINE + LINE / 2;

const CLASS = { sent: "call", left: "call", reached: "call", answered: "answer", report: "event",
  told: "event", learned: "answer", heard: "event", handled: "plain", call: "call", opened: "plain",
  incident: "fault", fault: "fault", crashed: "failed" };
const QUESTIONS = new Set(["open-orders", "order", "orders-since", "executions-since", "positions",
  "account"]);
const asks = text => QUESTIONS.has(text.split(/[ :]/, 1)[0]);
let questions = true;  // whether they are drawn; at first not where they are most of all there is
function unheard(from, way) {
  if (run.end - from < 1e9) return "not there when the run ended";
  return way === "up" ? "never arrives" : "nobody is told";
}
const messages = run.messages.map(([from, to, way, left, arrived, what, text, tag, failed]) => ({
  from, to: to === null ? from : to, lost: to === null, up: way === "up", left, arrived, what, tag,
  failed: Boolean(failed), least: to === null ? 46 : 7, inside: true,
  n: arrived || left, asks: what !== "event" && asks(text), row: rowOf.get(arrived || left),
  words: to === null ? `${text} · ${unheard(from, way)}` : `${length(to - from)} · ${text}`,
  kind: failed ? "failed" : what,
}));
for (const message of messages) lanes[message.up ? 2 : 3].items.push(message);
rows.forEach((row, i) => {
  // What is on the wire stands there as a message; a departure is its beginning.
  if (row[KIND] === "left") return;
  if (row[KIND] === "handled") return;
  const lane = row[KIND] === "fault" && (row[LANE] === 2 || row[LANE] === 3) ? row[LANE] : row[LANE];
  lanes[lane].items.push({ from: row[T], to: row[T], least: 9, inside: false, words: row[TEXT],
    row: i, n: row[N], tag: row[TAG],
    asks: row[KIND] in { sent: 1, reached: 1, answered: 1 } && asks(row[TEXT]), failed: Boolean(row[FAILED]), dot: row[KIND],
    kind: row[FAILED] && CLASS[row[KIND]] !== "fault" ? "failed" : CLASS[row[KIND]] || "plain" });
});
for (const lane of lanes) lane.items.sort((a, b) => a.from - b.from);
const everything = lanes.flatMap(lane => lane.items);
const few = 120;
questions = everything.length < few || everything.filter(item => item.asks).length * 2 < everything.length;
function packLanes() {
  for (const lane of lanes) {
    lane.drawn = questions ? lane.items : lane.items.filter(item => !item.asks);
    if (lane.lines) pack(lane.drawn, lane.lines);
  }
}

function drawLanes(into) {
  const ties = put(into, "g", {});
  lanes.forEach((lane, i) => {
    if (!lane.lines) return;
    const items = seen(lane.drawn), few = items.length < 160, dense = items.length > DENSE;
    const ticks = new Map();
    for (const item of items) {
      if (dense && !item.failed) {
        const y = middle(i, item.line), dim = hidden(item.tag) ? " dim" : "";
        add(ticks, `${item.kind} tick${dim}`, `M${xOf(item.from).toFixed(1)} ${y - 5}v10`);
      } else {
        const dim = hidden(item.tag) ? "dim" : "";
        const group = put(into, "g", { "data-row": item.row, class: dim });
        if (item.dot) drawDot(group, item, i); else drawMessage(group, ties, item, i, few);
      }
    }
    paths(into, ticks);
  });
}

// A ring around what one looks at, or a thicker line.
const itemOf = new Map();
lanes.forEach((lane, i) => lane.items.forEach(item => {
  if (item.dot || !itemOf.has(item.row)) itemOf.set(item.row, [item, i]);
}));
const showsNow = (row, i) => questions || !itemOf.get(i)?.[0].asks;
function drawPicked(into) {
  const [item, lane] = itemOf.get(now.row) || [];
  if (!item || !showsNow(rows[now.row], now.row)) return;
  const x = xOf(item.from), y = middle(lane, item.line);
  if (x >= LEFT) put(into, "circle", { class: "picked", cx: x, cy: y + (item.dot ? 0 : 5), r: 8 });
}

function drawDot(group, item, lane) {
  const x = xOf(item.from), y = middle(lane, item.line);
  const shape = { class: item.kind };
  if (item.dot === "fault") {
    put(group, "path", { ...shape, d: `M${x + 1} ${y - 7}l-5 8h4l-2 6l6 -9h-4l2 -5z`,
      "stroke-width": 0.8 });
  } else if (item.dot === "incident") {
    put(group, "path", { ...shape, d: `M${x} ${y - 5}l5 9h-10z` });
  } else if (item.dot === "report") {
    put(group, "path", { ...shape, d: `M${x} ${y - 5}l5 5l-5 5l-5 -5z` });
  } else if (item.dot === "call" || item.dot === "opened") {
    put(group, "rect", { ...shape, x: x - 4, y: y - 4, width: 8, height: 8 });
  } else {
    const hollow = item.dot === "answered" || item.dot === "heard";
    put(group, "circle", { ...shape, cx: x, cy: y, r: 4, "stroke-width": 1.6,
      ...(hollow ? { style: "fill:var(--card)" } : {}) });
  }
  const words = wordsOf(item);
  if (words) {
    const loud = item.kind === "failed" || item.kind === "fault" ? " " + item.kind : "";
    put(group, "text", { x: x + 8, y: y + 4, class: "halo" + loud }, words);
  }
}

function drawMessage(group, ties, item, lane, few) {
  const x0 = xOf(item.from), y = middle(lane, item.line) + 5;
  const x1 = item.lost ? x0 + 30 : Math.max(xOf(item.to), x0 + 2);
  const kind = item.kind;
  put(group, "rect", { x: x0, y: y - 13, width: Math.max(x1 - x0, 6), height: 16,
    fill: "transparent" });
  put(group, "line", { x1: x0, x2: x1, y1: y, y2: y, class: kind + (item.lost ? " lost" : ""),
    "stroke-width": 2 });
  if (item.lost) {
    put(group, "path", { class: kind, "stroke-width": 2,
      d: `M${x1 - 4} ${y - 4}l8 8m0 -8l-8 8` });
  } else {
    put(group, "path", { class: kind, d: `M${x1} ${y}l-6 -3.5v7z`, "stroke-width": 0.5 });
  }
  const words = wordsOf(item);
  if (words) {
    const right = Math.min(x1, view.width - RIGHT);
    const inside = item.words_inside && right - Math.max(x0, LEFT) > widthOf(item.words) + 14;
    const x = inside ? (Math.max(x0, LEFT) + right - widthOf(item.words)) / 2 : x1 + 5;
    const shown = !item.words_inside || inside;
    if (shown) put(group, "text", { x, y: y - (inside ? 3 : 0), class: "halo" }, words);
  }
  if (few) {
    const [start, end] = item.up ? [1, 4] : [4, 1];
    const edge = l => l === 1 ? lanes[1].y + lanes[1].height : lanes[4].y;
    const dim = hidden(item.tag) ? " dim" : "";
    put(ties, "line", { class: `${kind} tie${dim}`, x1: x0, x2: x0, y1: edge(start), y2: y });
    if (!item.lost) {
      put(ties, "line", { class: `${kind} tie${dim}`, x1: x1, x2: x1, y1: y, y2: edge(end) });
    }
  }
}

const only = document.getElementById("only");
const hidden = tag => only.value !== "" && tag !== only.value;
