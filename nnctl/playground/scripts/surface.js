// The data panel. For a table: the rows over two columns, and the model's answer at every point of
// the plane, or over one column as a curve. For pictures and series: rows to choose from.
const MARKS = ["M-5,0a5,5 0 1 0 10,0a5,5 0 1 0 -10,0", "M-4.5,-4.5h9v9h-9Z", "M0,-6L6,5H-6Z",
  "M0,-6L6,0L0,6L-6,0Z", "M-6,-5H6L0,6Z", "M-6,-2h4v-4h4v4h4v4h-4v4h-4v-4h-4Z"];

const surface = {
  build({model}) {
    const {view, columns} = model.inputs, {outputs, shown: first} = model.targets;
    const numeric = columns.filter(({kind}) => kind == "number");
    this.axes = null;
    find("axes").hidden = view != "table" || !numeric.length;
    if (view != "table") return gallery(model);
    if (!numeric.length) return find("plot").replaceChildren();
    const names = numeric.map(({name}) => name), selects = ["across", "up", "shown"].map(find);
    const choices = [[names, 0], [[...names, "the answer"], 1], [outputs, first]];
    choices.forEach(([labels, chosen], k) => selects[k].replaceChildren(
      ...labels.map((label, place) => new Option(label, place, false, place == chosen))));
    const choose = () => {
      const [across, up, shown] = selects;
      this.axes = [numeric[across.value], numeric[up.value]].filter(Boolean);
      [this.output, this.label] = [Number(shown.value), outputs[shown.value]];
      this.frame(model);
    };
    for (const select of selects) select.onchange = () => { choose(); refresh(); };
    choose();
  },
  // What a row has of that which is shown: its class, or its number of that target or label.
  target({targets: {outputs}}, list) { return Math.floor(this.output * list.length / outputs.length); },
  truth(model, y) { return model.targets.classes && y.length > 1 ? y.indexOf(1) : y[this.target(model, y)]; },
  // The plane with its rows, whose marks tell classes apart by shape and shade.
  frame(model) {
    this.key = null;
    this.span = this.axes.map(axis => wider(ends(model.rows.map(row => ownUnit(axis, row.x))), 0.1));
    if (this.axes.length == 1) return;
    this.plane = plane(this.axes.map(({name}) => name), this.span);
    const [low, high] = ends(model.rows.map(({y}) => this.truth(model, y)));
    for (const {x, y} of model.rows) {
      const truth = this.truth(model, y), kind = model.targets.task == "regression" ? 0 : truth;
      const place = this.plane.at(...this.axes.map(axis => ownUnit(axis, x)));
      const form = {d: MARKS[kind] || MARKS[0], transform: `translate(${place})`};
      this.plane.add("path", {...form, class: "halo"});
      this.plane.add("path", {...form, class: "mark", fill: shade((truth - low) / (high - low))});
    }
    this.border = this.plane.add("path", {class: "border"});
    this.legend = note("");
    find("plot").replaceChildren(this.plane.box, this.legend);
  },
  // The inputs of all points, the other columns as the example has them.
  points(x) {
    const key = x.join(), high = this.axes.length == 1 ? 1 : GRID, width = x.length;
    if (this.key == key) return this.grid;
    this.key = key;
    this.grid = new Float64Array(GRID * high * width);
    const lines = this.span.map(span => along(span, GRID));
    for (let k = 0; k < GRID * high; k++) {
      const own = this.grid.subarray(k * width, (k + 1) * width);
      own.set(x);
      this.axes.forEach((axis, place) =>
        enter(axis, lines[place][place ? GRID - 1 - Math.floor(k / GRID) : k % GRID], own));
    }
    return this.grid;
  },
  draw({model, vector, x}) {
    if (!this.axes) return;
    const {targets, targets: {task, outputs, winners}} = model, grid = this.points(x), {output} = this;
    this.passes = forward(model, vector, grid, grid.length / x.length);
    const found = Array.from({length: grid.length / x.length}, (_, k) =>
      told(targets, answersOf(model, this.passes, k)));
    const best = winners && output == 0, number = task == "regression";
    const values = Float64Array.from(found, answers => best ? answers.findIndex(([, , is]) => is)
      : answers[output - winners][1]);
    if (this.axes.length == 1) return this.curve(model, x, values);
    const [low, high] = best ? [0, outputs.length - 2] : number ? ends(values) : [0, 1];
    paint(this.plane.canvas, values, GRID, low, high);
    // The lines where answers change: of several classes, where one is more probable than all others.
    const margin = k => Float64Array.from(found, answers => answers[k][1]
      - Math.max(...answers.filter((_, j) => j != k).map(([, p]) => p)));
    this.border.setAttribute("d", number ? "" : best ? found[0].map((_, k) => contour(margin(k), 0)).join("")
      : contour(values, targets.levels[output]));
    this.plane.put(...this.axes.map(axis => ownUnit(axis, x)));
    const names = best ? [outputs[1], last(outputs)] : [show(low), show(high)];
    const key = (name, k, {length: n}) => [element("span", {class: "swatch", style: `background: ${shade(k / (n - 1))}`}), name];
    this.legend.replaceChildren(`${this.label}: `, ...best ? outputs.slice(1).flatMap(key)
      : [names[0], element("span", {class: "ramp"}), names[1]],
      number ? "" : ". The line is where the answer changes.", " The ring is the row.");
    this.plane.canvas.setAttribute("aria-label", `${this.label}, from ${names[0]} to ${names[1]}, over `
      + this.axes.map(({name}) => name).join(" and "));
  },
  curve(model, x, values) {
    const [axis] = this.axes, {shift, divisor} = model.targets;
    const k = this.target(model, shift);
    const rows = model.rows.map(({x, y}) => [ownUnit(axis, x), this.truth(model, y) * divisor[k] + shift[k]]);
    const drawn = chart(`${this.label} over ${axis.name}`, this.span[0],
      ends([...values, ...rows.map(([, y]) => y)]), [axis.name, this.label]);
    rows.forEach(([own, y]) => drawn.dot(own, y, "row", 3.5));
    drawn.line(along(this.span[0], GRID).map((own, k) => [own, values[k]]), "one");
    drawn.stand(drawn.upright(), ownUnit(axis, x));
    find("plot").replaceChildren(drawn.svg);
  },
};

function gallery(model) {
  find("plot").replaceChildren(element("div", {class: "gallery"}, ...model.rows.slice(0, 24).map((row, k) => {
    const button = element("button", {type: "button", "aria-label": `row ${row.place}`}, element("canvas"));
    picture(model, row.x, button.firstChild);
    button.onclick = () => chooseRow(k);
    return button;
  })));
}
// An example as a picture, of three channels in their colours, or a series as its course.
function picture(model, x, canvas) {
  const shape = model.inputs.view_shape, cells = every(x, last(shape), 0), tall = 32;
  const [low, high] = model.range ||= ends(model.rows.flatMap(row => Array.from(row.x)));
  if (shape.length == 3) return paint(canvas, x, shape[1], low, high, last(shape));
  const drawn = new Float64Array(cells.length * tall);
  cells.forEach((value, k) => {
    drawn[Math.round((high - value) / (high - low) * (tall - 1)) * cells.length + k] = 1;
  });
  paint(canvas, drawn, cells.length, 0, 1);
}
