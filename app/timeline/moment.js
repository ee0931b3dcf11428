// The moment one looks at: its record, and what was true and known then.
const now = { row: 0 };

function cells(pairs, classes = []) {
  const table = document.createElement("table");
  table.className = "facts";
  pairs.forEach((pair, i) => {
    const line = table.insertRow();
    line.className = classes[i] || "";
    for (const value of pair) line.insertCell().textContent = value;
  });
  return table;
}

function recordOf(i) {
  const row = rows[i], pairs = [["at", clock(row[T], 1e3)], ["lane", run.lanes[row[LANE]]],
    ["what", row[KIND]]];
  if (row[TAG]) pairs.push(["order", row[TAG]]);
  const before = rowOf.get(row[OF]);
  if (before !== undefined) {
    pairs.push(["latency", length(row[T] - rows[before][T])]);
    pairs.push(["comes of", `${rows[before][TEXT]} (row ${row[OF]}, ${rows[before][KIND]})`]);
  }
  for (const name in row[RECORD]) pairs.push([name, row[RECORD][name]]);
  pairs.push(["row", row[N]]);
  const said = document.createElement("div");
  said.className = "said";
  said.textContent = row[TEXT];
  return [said, cells(pairs)];
}

function asOf(list, t) {
  let found = null;
  for (const each of list) { if (each[0] > t) break; found = each; }
  return found;
}
const stateText = each => !each ? "–" : each[1].toLowerCase().replaceAll("_", " ")
  + (each[2] && !each[2].startsWith("0 ") ? `, ${each[2]}` : "");

function drawMoment() {
  const row = rows[now.row], t = row ? row[T] : 0;
  const at = document.getElementById("moment"), record = document.getElementById("record");
  record.replaceChildren(...(row ? recordOf(now.row) : []));
  const held = (asOf(run.position, t) || [0, 0])[1];
  const bare = run.bare.filter(([, from, to]) => from <= t && t < to);
  const facts = [["position", (held > 0 ? "+" : "") + held + " at the exchange"]];
  const classes = [""];
  for (const [qty, from, , meant] of bare) {
    facts.push([meant ? "bare" : "no stop", `${Math.abs(qty)} for ${length(t - from)} so far`]);
    classes.push(meant ? "differ" : "");
  }
  const lines = [["order", "at the exchange", "as told"]], marks = [""];
  let over = 0, lost = 0;
  for (const order of orders) {
    if (order.from > t) break;
    const true_ = asOf(order.exchange, t), known = asOf(order.manager, t);
    if (true_ && known && FINAL.has(true_[1]) && FINAL.has(known[1])) { over += 1; continue; }
    if (!order.exchange.length && order.over !== null && order.over <= t) { lost += 1; continue; }
    const same = true_ && known && true_[1] === known[1] && true_[2] === known[2];
    lines.push([order.tag, stateText(true_), stateText(known)]);
    marks.push(same ? "" : "differ");
  }
  const table = cells(lines, marks);
  table.className = "";
  at.replaceChildren(cells(facts, classes));
  if (lines.length > 1) at.appendChild(table);
  const says = [];
  if (over) says.push(`${over} more ${over === 1 ? "is" : "are"} over, and known to be`);
  if (lost) says.push(`${lost} never ${lost === 1 ? "was" : "were"} at the exchange`);
  if (says.length) {
    const rest = document.createElement("div");
    rest.className = "sub";
    rest.textContent = says.join("; ");
    at.appendChild(rest);
  }
  document.getElementById("clock").textContent = clock(t, 1e3);
  document.getElementById("slider").value = now.row;
}
