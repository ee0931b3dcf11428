// The market's prices with the orders in them, the position, and the spans without a stop.
const unit = Number(run.unit), unitDigits = (run.unit.split(".")[1] || "").length;
const priced = units => (units * unit).toFixed(Math.max(unitDigits, 2));

function inSight(list) {
  const low = timeAt(LEFT), high = timeAt(view.width - RIGHT);
  let first = list.findIndex(each => each[0] >= low);
  if (first < 0) first = list.length;
  const last = list.findIndex(each => each[0] > high);
  return list.slice(Math.max(0, first - 1), last < 0 ? list.length : last);
}

function drawMarket(into) {
  const lane = lanes[5], quotes = inSight(run.quotes), trades = inSight(run.trades);
  const prices = [...quotes.flatMap(q => [q[1], q[2]]), ...trades.map(t => t[1])]
    .filter(price => price !== null);
  if (!prices.length) return;
  const low = prices.reduce((a, b) => Math.min(a, b)), high = prices.reduce((a, b) => Math.max(a, b));
  const room = Math.max((high - low) * 0.12, 1);
  const y = price => lane.y + lane.height - 8
    - (price - low + room) / (high - low + 2 * room) * (lane.height - 24);
  steps(into, "ask", quotes, 2, y);
  steps(into, "bid", quotes, 1, y);
  drawTrades(into, trades.filter(trade => xOf(trade[0]) >= LEFT), y);
  put(into, "text", { x: LEFT - 6, y: y(high) + 4, class: "soft", "text-anchor": "end" }, priced(high));
  if (high > low) {
    put(into, "text", { x: LEFT - 6, y: y(low) + 4, class: "soft", "text-anchor": "end" }, priced(low));
  }
}

function drawTrades(into, trades, y) {
  if (trades.length > DENSE) {
    const dots = trades.map(([at, price]) => `M${xOf(at).toFixed(1)} ${y(price).toFixed(1)}h.01`);
    put(into, "path", { class: "dots", d: dots.join("") });
    return;
  }
  for (const [at, price, size] of trades) {
    put(into, "circle", { class: "trade", cx: xOf(at), cy: y(price),
      r: Math.min(1.3 + Math.sqrt(size) * 0.5, 4),
      "data-tip": `traded ${size} @ ${priced(price)} at ${clock(at, 1e3)}` });
  }
}

function steps(into, name, list, column, y) {
  let path = "", before = null, last = -9;
  for (const each of list) {
    const price = each[column], x = Math.max(xOf(each[0]), LEFT);
    if (price === null) { before = null; continue; }
    if (before !== null && before === price) continue;
    if (before !== null && list.length > 3000 && x - last < 1) continue;
    path += before === null ? `M${x.toFixed(1)} ${y(price).toFixed(1)}`
      : `H${x.toFixed(1)}V${y(price).toFixed(1)}`;
    before = price;
    last = x;
  }
  if (path) {
    put(into, "path", { class: name, d: path + `H${Math.min(xOf(run.end), view.width - RIGHT)}` });
  }
}

function drawPosition(into) {
  const held = run.position, most = Math.max(1, ...held.map(step => Math.abs(step[1])));
  const center = positionY + POSITION / 2, y = qty => center - qty / most * (POSITION / 2 - 9);
  put(into, "line", { class: "grid", x1: LEFT, x2: view.width - RIGHT, y1: center, y2: center });
  let path = `M${LEFT} ${y(0)}`, labelled = -99;
  held.forEach(([at, qty], i) => {
    const x = Math.max(xOf(at), LEFT), next = i + 1 < held.length ? held[i + 1][0] : run.end;
    path += `H${x.toFixed(1)}V${y(qty).toFixed(1)}`;
    const width = Math.min(xOf(next), view.width - RIGHT) - x;
    if (qty && width > 22 && x > labelled && x < view.width) {
      put(into, "text", { x: x + 4, y: qty > 0 ? y(qty) + 11 : y(qty) - 4, class: "halo" },
        qty > 0 ? "+" + qty : qty);
      labelled = x + 22;
    }
  });
  const end = Math.min(xOf(run.end), view.width - RIGHT);
  if (end > LEFT) put(into, "path", { class: "pos", d: path + `H${end.toFixed(1)}` });
}

function drawBare(into, bottom) {
  for (const [qty, from, to, meant] of run.bare) {
    const x0 = Math.max(xOf(from), LEFT), x1 = Math.min(xOf(to), view.width - RIGHT);
    if (x1 < LEFT || x0 > view.width - RIGHT) continue;
    const width = Math.max(x1 - x0, 1), name = meant ? "bare" : "others";
    const says = `${Math.abs(qty)} ${qty > 0 ? "long" : "short"} without a stop for `
      + `${length(to - from)}${meant ? "" : ", none was meant"}`;
    const marks = { "data-tip": `${says}, from ${clock(from, 1e3)} to ${clock(to, 1e3)}`,
      "data-from": from, "data-to": to };
    put(into, "rect", { class: name, x: x0, y: TOP, width, height: bottom - TOP, ...marks });
    put(into, "rect", { class: name + "-mark", x: x0, y: positionY, width: Math.max(width, 2),
      height: 5, ...marks });
    const words = width > widthOf(says) + 10 ? says : length(to - from);
    if (meant && width > widthOf(words) + 8) {
      put(into, "text", { class: "bare-text", x: x0 + 4, y: positionY + POSITION - 5, ...marks },
        words);
    }
  }
}
