// Elements, numbers and formulas as text, charts, planes, and numbers as shades.
function element(tag, attributes = {}, ...children) {
  const drawn = ["svg", "path", "circle", "text"].includes(tag);
  const made = document.createElementNS(`http://www.w3.org/${drawn ? "2000/svg" : "1999/xhtml"}`, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
const find = id => document.getElementById(id);
const note = text => element("p", {class: "note"}, text);
// A number to four digits, a large one whole; a few, or of many their mean and norm, as `explain` has them.
function show(value) {
  if (Number.isNaN(value)) return "—";
  const size = Math.abs(value), short = Number(value.toPrecision(4)), powered = size && (size < 1e-4 || size >= 1e9);
  const whole = size >= 1e4 && size < 1e9 ? Math.round(value).toLocaleString("en") : `${short}`;
  const power = (_, digits) => "·10" + Array.from(digits, digit => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit] || "⁻").join("");
  return (powered && size < Infinity ? short.toExponential().replace(/e\+?(.+)/, power) : whole).replaceAll("-", "−");
}
function showAll(array) {
  if (array.length <= 16) return array.length == 1 ? show(array[0]) : `[${Array.from(array, show).join(", ")}]`;
  return `${array.length.toLocaleString("en")} numbers: mean ${show(mean(array))}, norm ${show(Math.hypot(...array))}`;
}
// Text in which a^{[1]} and w_j are raised and lowered, as the course writes them.
function formula(text) {
  return element("span", {}, ...text.split(/(\^\{[^{}]*\}|_[jky](?!\w))/).map(part => {
    const tag = {"^": "sup", _: "sub"}[part[0]];
    return tag ? element(tag, {}, formula(part.slice(1).replace(/[{}]/g, ""))) : part;
  }));
}
// Shades from light to dark, which read in grey: of a share, and of numbers, row by row from the top; `deep` 3 is of colours.
const LIGHT = [251, 230, 196], DARK = [32, 78, 128];
const shade = share => `rgb(${LIGHT.map((light, k) => light + share * (DARK[k] - light))})`;
function paint(canvas, values, wide, low, high, deep = 1) {
  Object.assign(canvas, {width: wide, height: values.length / wide / deep});
  const context = canvas.getContext("2d"), image = context.createImageData(wide, canvas.height);
  const share = value => Math.min(Math.max((value - low) / (high - low || 1), 0), 1) || 0;
  for (let k = 0; k < values.length / deep; k++)
    for (let c = 0, t = share(values[k]); c < 4; c++) image.data[4 * k + c] = c == 3 ? 255
      : deep == 3 ? 255 * share(values[3 * k + c]) : LIGHT[c] + t * (DARK[c] - LIGHT[c]);
  context.putImageData(image, 0, 0);
}
// Of numbers that lie n by n, one behind the other, the k-th of each.
function every(array, n, k) {
  const own = new Float64Array(array.length / n);
  for (let i = 0, at = k; i < own.length; i++, at += n) own[i] = array[at];
  return own;
}
// The least and the greatest of some numbers, never the same; a wider span; numbers along one.
function ends(values) {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value < low && value > -Infinity) low = value;
    if (value > high && value < Infinity) high = value;
  }
  return low > high ? [0, 1] : low == high ? [low - 0.5, high + 0.5] : [low, high];
}
const wider = ([low, high], by) => [low - by * (high - low), high + by * (high - low)];
const along = ([low, high], n) => Array.from({length: n}, (_, k) => low + k / (n - 1) * (high - low));
// A chart with its axes, for lines, dots, and an upright mark that can be moved.
function chart(label, [x0, x1], [y0, y1], names, logarithmic = false) {
  const wide = 460, high = 220, left = 84, low = high - 38, bend = logarithmic ? Math.log10 : y => y;
  const X = x => left + (x - x0) / (x1 - x0) * (wide - left - 8);
  const Y = y => low - (bend(y) - bend(y0)) / (bend(y1) - bend(y0)) * (low - 12);
  const svg = element("svg", {viewBox: `0 -12 ${wide} ${high + 12}`, role: "img", "aria-label": label});
  const add = (...given) => svg.appendChild(element(...given));
  add("path", {class: "axis", d: `M${left},8V${low}H${wide - 8}`});
  for (const [x, y, anchor, said] of [[left - 6, 18, "end", show(y1)], [left - 6, low, "end", show(y0)],
    [left, low + 16, "start", show(x0)], [wide - 8, low + 16, "end", show(x1)],
    [(left + wide) / 2, low + 28, "middle", names[0]], [left + 8, 0, "start", names[1] + (logarithmic ? " (logarithmic)" : "")]])
    add("text", {x, y, "text-anchor": anchor}, said);
  const path = points => points.map(([x, y]) => [X(x), Y(y)]).filter(([, y]) => Number.isFinite(y));
  return {
    svg, line: (points, kind) => add("path", {class: kind, d: `M${path(points).join("L") || "0,0"}`}),
    dot: (x, y, kind, r) => add("circle", {class: kind, cx: X(x), cy: Y(y), r}),
    upright: () => add("path", {class: "now"}),
    stand: (mark, x) => mark.setAttribute("d", `M${X(x)},8V${low}`),
  };
}
// A square of shades with axes and, over it, drawings at places that `at(x, y)` gives.
function plane([across, up], [[x0, x1], [y0, y1]]) {
  const canvas = element("canvas", {role: "img"});
  const svg = element("svg", {viewBox: "0 0 400 400", "aria-hidden": "true"});
  const box = element("div", {class: "frame"},
    element("div", {class: "y"}, show(y1), element("b", {}, up), show(y0)),
    element("div", {class: "plane"}, canvas, svg),
    element("div", {class: "x"}, show(x0), element("b", {}, across), show(x1)));
  const at = (x, y) => [(x - x0) / (x1 - x0) * 400, 400 - (y - y0) / (y1 - y0) * 400];
  const add = (tag, attributes) => svg.appendChild(element(tag, attributes));
  const ring = element("circle", {r: 9, class: "ring"});  // over all that was drawn before
  const put = (x, y) => svg.appendChild(ring).setAttribute("transform", `translate(${at(x, y)})`);
  return {box, canvas, at, add, put};
}
// The line on which numbers at the points of a plane, row by row from the top, cross a level.
const GRID = 48;
function contour(values, level) {
  const cell = 400 / (GRID - 1), parts = [];
  for (let y = 0; y + 1 < GRID; y++)
    for (let x = 0; x + 1 < GRID; x++) {
      const at = y * GRID + x, sides = [at, at + 1, at + 1 + GRID, at + GRID].map(k => values[k] > level);
      if (sides.every(side => side == sides[0])) continue;
      const corners = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]].map(([i, j]) => [i, j, values[j * GRID + i] - level]);
      const cuts = corners.map(([i, j, from], k) => [i, j, from, ...corners[(k + 1) % 4]])
        .filter(([, , from, , , to]) => from > 0 != to > 0).map(([i, j, from, i2, j2, to]) =>
          [i + from / (from - to) * (i2 - i), j + from / (from - to) * (j2 - j)].map(place => place * cell));
      for (let k = 0; k + 1 < cuts.length; k += 2) parts.push(`M${cuts[k]}L${cuts[k + 1]}`);
    }
  return parts.join("");
}
