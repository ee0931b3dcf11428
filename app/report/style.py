"""The page's looks and its few lines of script, as text."""

STYLE = """
:root { color-scheme: light dark; --bg: #fbfbfa; --card: #fff; --fg: #1d2330; --soft: #667085;
  --line: #e3e5e8; --win: #16794d; --loss: #b93030; --warn: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --bg: #14171c; --card: #1b1f26; --fg: #e4e7ec;
  --soft: #98a2b3; --line: #2d333d; --win: #4cc38a; --loss: #ff7b72; --warn: #e3b341; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--fg);
  font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1280px; margin: 0 auto; padding: 28px 24px 60px; }
h1 { font-size: 21px; margin: 0 0 2px; }
h2 { font-size: 13px; margin: 0 0 8px; color: var(--soft); text-transform: uppercase;
  letter-spacing: .05em; font-weight: 600; }
section, .tile { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
section { padding: 16px 18px; margin-top: 16px; }
.sub { color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px;
  margin-top: 18px; }
.tile { padding: 10px 14px; }
.tile b { display: block; font-size: 20px; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: 12px; }
.blocks { columns: 350px 3; column-gap: 34px; }
.blocks > div { break-inside: avoid; padding-bottom: 14px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
td, th { padding: 3px 8px 3px 0; text-align: left; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
.trades td.n, .trades th.n { text-align: right; padding-right: 18px; }
.facts td:first-child { color: var(--soft); width: 150px; }
.won { color: var(--win); } .lost { color: var(--loss); } .warn { color: var(--warn); }
code, .mono { font: 12.5px ui-monospace, SFMono-Regular, Consolas, monospace;
  overflow-wrap: anywhere; }
.scroll { max-height: 520px; overflow: auto; }
#plot { min-height: 860px; }
ul { margin: 0; padding-left: 18px; }
"""

SCRIPT = """
const plot = JSON.parse(document.getElementById("plot-data").textContent);
const place = document.getElementById("plot");
const dark = window.matchMedia("(prefers-color-scheme: dark)");
function colours() {
  const css = getComputedStyle(document.documentElement);
  const line = css.getPropertyValue("--line"), fg = css.getPropertyValue("--fg");
  const patch = {"font.color": fg, "font.family": "system-ui, sans-serif"};
  for (const name of Object.keys(plot.layout).filter(key => key.includes("axis"))) {
    patch[name + ".gridcolor"] = line;
    patch[name + ".zerolinecolor"] = line;
    patch[name + ".linecolor"] = line;
  }
  return patch;
}
const options = {responsive: true, displaylogo: false, displayModeBar: "hover"};
Plotly.newPlot(place, plot.data, plot.layout, options)
  .then(() => Plotly.relayout(place, colours()))
  .then(() => { document.body.dataset.drawn = String(plot.data.length); });
dark.addEventListener("change", () => Plotly.relayout(place, colours()));
"""
