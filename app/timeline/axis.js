// Time to pixels and back. Times are ns from the run's start; `u` is time with silence shortened.
const run = JSON.parse(document.getElementById("run").textContent);
const N = 0, T = 1, LANE = 2, KIND = 3, TEXT = 4, TAG = 5, OF = 6, FAILED = 7, RECORD = 8;
const rows = run.rows;
const rowOf = new Map(rows.map((row, i) => [row[N], i]));
const KNEE = 1e8;  // a silence of more than 100 ms is drawn by its logarithm

const axis = { short: true, times: [], us: [], silences: [] };

function moments() {
  const seen = new Set([0, run.end]);
  for (const row of rows) seen.add(row[T]);
  for (const [, from, to] of run.bare) { seen.add(from); seen.add(to); }
  for (const [at] of run.complaints) seen.add(at);
  return Array.from(seen).sort((a, b) => a - b);
}

function layAxis() {
  axis.times = moments();
  axis.us = [0];
  axis.silences = [];
  for (let i = 1; i < axis.times.length; i++) {
    const gap = axis.times[i] - axis.times[i - 1];
    const shortened = axis.short && gap > KNEE;
    const drawn = shortened ? KNEE * (1 + Math.log(gap / KNEE)) : gap;
    axis.us.push(axis.us[i - 1] + drawn);
    if (shortened && gap > 4 * KNEE) axis.silences.push([axis.times[i - 1], axis.times[i]]);
  }
}

function between(x, xs, ys) {
  let low = 0, high = xs.length - 1;
  if (high < 1) return ys[0];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) low = middle; else high = middle;
  }
  const width = xs[high] - xs[low];
  return width ? ys[low] + (ys[high] - ys[low]) * (x - xs[low]) / width : ys[low];
}
const uOf = t => between(t, axis.times, axis.us);
const timeOf = u => between(u, axis.us, axis.times);

const LEFT = 92, RIGHT = 14;
const view = { u0: 0, u1: 1, width: 1000 };
const scale = () => (view.width - LEFT - RIGHT) / (view.u1 - view.u0);
const xOf = t => LEFT + (uOf(t) - view.u0) * scale();
const timeAt = x => timeOf(view.u0 + (x - LEFT) / scale());
const whole = () => axis.us[axis.us.length - 1] || 1;

function show(u0, u1) {
  const least = 2e4, room = whole() * 0.02 + 1;
  let width = Math.min(Math.max(u1 - u0, least), whole() + 2 * room);
  let from = (u0 + u1) / 2 - width / 2;
  from = Math.min(Math.max(from, -room), whole() + room - width);
  view.u0 = from;
  view.u1 = from + width;
}
const fit = () => show(-whole() * 0.02, whole() * 1.02);

function zoom(factor, x) {
  const u = view.u0 + (x - LEFT) / scale();
  show(u - (u - view.u0) / factor, u + (view.u1 - u) / factor);
}

// A time as one reads it: from the run's start, as exact as the distance `near` of two needs.
function clock(ns, near = 1e6) {
  const sign = ns < 0 ? "-" : "";
  ns = Math.abs(ns);
  if (ns < 1e9 && near < 1e8) return sign + decimals(ns / 1e6, near / 1e6) + " ms";
  const unit = 10 ** (9 - digits(near / 1e9));
  ns = Math.round(ns / unit) * unit;  // before it is taken apart: never 4:60.0
  const hours = Math.floor(ns / 3.6e12), minutes = Math.floor(ns / 6e10) % 60;
  if (!hours && !minutes) return sign + decimals(ns / 1e9, near / 1e9) + " s";
  let s = decimals(ns / 1e9 % 60, near / 1e9);
  if (/^\d(\.|$)/.test(s)) s = "0" + s;
  const m = hours ? String(minutes).padStart(2, "0") : minutes;
  return `${sign}${hours ? hours + ":" : ""}${m}:${s}`;
}
const digits = near => Math.min(6, Math.max(0, Math.ceil(-Math.log10(near || 1) - 1e-9)));
const decimals = (value, near) => value.toFixed(digits(near));
function length(ns) {
  if (ns < 1e3) return ns + " ns";
  if (ns < 1e6) return (ns / 1e3).toFixed(1) + " µs";
  if (ns < 1e9) return (ns / 1e6).toFixed(ns < 1e7 ? 2 : 1) + " ms";
  return ns < 6e10 ? (ns / 1e9).toFixed(3) + " s" : clock(ns, 1e8);
}
