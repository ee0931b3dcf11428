// Elements, and things side by side on the lines of a lane.
const SVG = "http://www.w3.org/2000/svg";
const picture = document.getElementById("timeline");
const LINE = 17;

function put(parent, name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (text !== undefined) element.textContent = text;
  parent.appendChild(element);
  return element;
}

const ruler = document.createElement("canvas").getContext("2d");
ruler.font = '11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const widths = new Map();
function widthOf(text) {
  let width = widths.get(text);
  if (width === undefined) {
    width = ruler.measureText(text).width * 1.04;
    widths.set(text, width);
  }
  return width;
}

// Give every item a line: of `lines`, the first on which it and its words have room; else one whose
// words can be cut short for it, those of a failure last; else it lies over others. Where an item
// stands depends on the zoom alone, so that nothing jumps as one moves along. `room`: the pixels
// that its words have.
function pack(items, lines) {
  const ends = new Array(lines).fill(-Infinity), worded = new Array(lines).fill(-Infinity);
  const lasts = new Array(lines).fill(null);
  const k = scale();
  for (const item of items) {
    const from = uOf(item.from) * k, to = Math.max(uOf(item.to) * k, from + item.least);
    item.words_inside = item.inside && to - from > widthOf(item.words) + 14;
    item.room = Infinity;
    let line = worded.findIndex(end => end <= from);
    if (line < 0) {
      const weight = i => (ends[i] > from ? 1e9 : 0) + (lasts[i].failed ? 1e6 : 0) + ends[i] - from;
      line = 0;
      for (let i = 1; i < lines; i++) if (weight(i) < weight(line)) line = i;
      lasts[line].room = from - lasts[line].words_from - 4;
    }
    item.line = line;
    item.words_from = item.words_inside ? from : to + 5;
    lasts[line] = item;
    ends[line] = Math.max(ends[line], to + 2);
    worded[line] = Math.max(worded[line], 6
      + (item.words_inside ? to : to + 5 + widthOf(item.words)));
  }
}

// The words of an item as far as there is room for them; "" where that is too little.
function wordsOf(item) {
  const words = item.words, width = widthOf(words);
  if (width <= item.room) return words;
  const most = Math.floor(words.length * (item.room - 8) / width);
  return most < 5 ? "" : words.slice(0, most).trimEnd() + "…";
}

// Those of the items that are in sight, words of theirs that reach into it included.
function seen(items) {
  const low = timeAt(LEFT - 400), high = timeAt(view.width);
  return items.filter(item => item.from <= high && item.to >= low);
}

// So many that each would hide others: what went well is then a tick, or a bar, of one path.
const DENSE = 450;
function paths(into, found, more) {
  for (const [name, d] of found) put(into, "path", { class: name, d, ...more });
}
const add = (found, name, d) => found.set(name, (found.get(name) || "") + d);
