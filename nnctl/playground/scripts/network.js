// The network: a column of units for each layer that computes, its weights, and the chosen unit.
const MOST_UNITS = 10, STEP = 50, APART = 96, TOP = 52;

const network = {
  build({model, model: {columns}}) {
    const high = TOP + STEP * Math.min(MOST_UNITS, Math.max(...columns.map(({count}) => count)));
    const wide = columns.length * APART, net = find("net");
    Object.assign(net.style, {width: `${wide}px`, height: `${high}px`});
    net.replaceChildren(this.edges = element("svg", {"aria-hidden": "true", width: wide, height: high}));
    this.units = columns.flatMap((column, place) => {
      const shown = Math.min(column.count, MOST_UNITS), left = place * APART;
      const more = column.count > shown ? `, ${shown} of ${column.count}` : "";
      net.append(element("div", {class: "label", style: `left: ${left}px`}, formula(`${column.name} a^{[${place}]}${more}`)));
      return Array.from({length: shown}, (_, unit) => this.unit(net, column, unit, place));
    });
    this.paths = this.units.flatMap(from => this.units.filter(to => to.place == from.place + 1)
      .map(to => this.edge(model, from, to))).filter(Boolean);
    this.chosen = this.units.find(({place}) => place == 1);
  },
  unit(net, column, unit, place) {
    const [x, y] = [place * APART + 20, TOP + unit * STEP], canvas = element("canvas", {class: "pixels"});
    const button = element("button", {type: "button", class: "unit", style: `left: ${x}px; top: ${y}px`,
      "aria-label": `unit ${unit} of ${column.name}`}, canvas), made = {column, unit, place, canvas, button, x, y};
    button.onclick = () => { this.chosen = made; this.detail(state); };
    net.append(button);
    return made;
  },
  // The line from a unit to one that has it as an input, if it has.
  edge(model, from, to) {
    const layer = model.layers[to.column.at], shape = layer.arrays.kernel?.shape;
    const inputs = from.column.count, units = to.column.count;
    if (!shape || shape[shape.length - 2] != inputs || from.column.shape.length != layer.input.length) return null;
    const d = `M${from.x + 44},${from.y + 22}C${from.x + 66},${from.y + 22} ${to.x - 22},${to.y + 22} ${to.x},${to.y + 22}`;
    const path = this.edges.appendChild(element("path", {d}));
    return {path, layer, of: kernel => every(kernel, units * inputs, from.unit * units + to.unit)};
  },
  draw(state) {
    const {model, vector, x} = state, many = surface.axes && surface.passes, ranges = {};
    for (const {path, layer, of} of this.paths) {
      const {kernel} = arraysOf(layer, vector), sum = total(of(kernel));
      const most = ranges[layer.name] ||= Math.max(...ends(kernel).map(Math.abs));
      path.setAttribute("stroke-width", (0.3 + 4 * Math.min(Math.abs(sum) / most, 1)).toFixed(2));
      path.setAttribute("class", sum < 0 ? "edge minus" : "edge");
    }
    for (const {column: {at, count, shape}, unit, canvas} of this.units) {
      if (at < 0 && model.inputs.view != "table") { picture(model, x, canvas); continue; }
      const passes = many || state.passes, all = at < 0 ? passes[0].x : passes[at].a, values = every(all, count, unit);
      paint(canvas, values, many ? GRID : shape.length == 3 ? shape[1] : values.length, ...ranges[at] ||= ends(all));
    }
    this.detail(state);
  },
  // What the chosen unit computes, in the course's notation and in this row's numbers.
  detail({model, vector, passes, x}) {
    const {column, unit, place} = this.chosen, layer = model.layers[column.at], drawn = element("canvas", {class: "pixels"});
    for (const each of this.units) each.button.setAttribute("aria-pressed", each == this.chosen);
    if (!layer) return find("detail").replaceChildren(`The input: ${showAll(x)}`);
    const {z, a} = passes[column.at], {kernel, bias} = arraysOf(layer, vector);
    const own = array => every(array, column.count, unit);
    const text = element("p", {}, formula(LAYERS[layer.type].formula.replaceAll("l−1", place - 1)
      .replaceAll("[l]", `[${place}]`)));
    if (z) text.append(", ", formula(`g(z) = ${activationOf(layer.activation).formula}`));
    if (kernel) {
      const w = own(kernel), {shape} = layer.arrays.kernel, channels = shape[shape.length - 2];
      text.append(element("br"), `w = ${showAll(w)}${bias ? `, b = ${show(bias[unit])}` : ""}`);
      const pixels = shape.length == 2 && place == 1 && model.inputs.view == "picture";
      const depth = pixels ? last(model.inputs.view_shape) : shape.length > 2 ? channels : 0;
      const wide = pixels ? model.inputs.view_shape[1] : shape.length == 4 ? shape[1] : shape[0];
      if (depth) paint(drawn, every(w, depth, 0), wide, ...ends(w));
    }
    text.append(element("br"), `For the row: ${z ? `z = ${showAll(own(z))}, ` : ""}a = ${showAll(own(a))}`);
    find("detail").replaceChildren(...drawn.width == 300 ? [] : [drawn], text);
  },
};
