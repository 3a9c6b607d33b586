// The loss over the epochs, the activations with their slopes, and the loss as a landscape.
const KINDS = ["one", "two", "three"], MOST_DOTS = 30;
const curves = {
  build({models, model}) {
    const several = models.length > 1, lines = (several ? models : [model]).flatMap(each =>
      (several ? ["loss"] : ["loss", "val_loss"]).filter(name => each.history[name]?.length)
        .map(name => [several ? each.name : name, each.history[name].map((y, k) => [k + 1, y])]));
    const [low, high] = ends(lines.flatMap(([, points]) => points.map(([, y]) => y))), log = low > 0 && high > 30 * low;
    const epochs = Math.max(2, ...lines.map(([, points]) => points.length));
    this.chart = chart("the loss by epoch", [0, epochs], [log ? low : Math.min(low, 0), high], ["epoch", "loss"], log);
    const keys = lines.map(([name, points], k) => {
      if (points.length > 1) this.chart.line(points, KINDS[k % 3]); else this.chart.dot(...points[0], "dot", 3.5);
      return element("span", {class: `key ${KINDS[k % 3]}`}, name);
    });
    this.mark = this.chart.upright();
    find("curves").replaceChildren(this.chart.svg, element("p", {class: "choices"}, ...keys));
  },
  draw({model: {frames}, frame}) {
    this.chart.stand(this.mark, frames.steps[frame] / frames.batches);
  },
};

const shapes = {
  build({model}) {
    this.shown = model.layers.flatMap((layer, at) => {
      const activation = layer.activation && activationOf(layer.activation);
      if (!activation?.g) return [];
      const line = of => along([-6, 6], 121).map(z => [z, activation[of](z, activation)]);
      const span = ends([...line("g"), ...line("slope")].map(([, y]) => y)), said = note("");
      const drawn = chart(`${activation.type} and its slope`, [-6, 6], span, ["z", "g(z), broken: g′(z)"]);
      ["g", "slope"].forEach((of, k) => drawn.line(line(of), KINDS[k]));
      const caption = element("figcaption", {}, `${layer.name}: `, formula(`${activation.type}, g(z) = ${activation.formula}`));
      return {drawn, said, activation, at, dots: [], box: element("figure", {}, caption, drawn.svg, said)};
    });
    find("shapes").replaceChildren(...this.shown.map(({box}) => box),
      note(this.shown.length ? "" : "No layer has one of a single z."));
  },
  // Where the row's z lie on the curve, and how steep it is there.
  draw({passes}) {
    for (const {drawn, said, activation, at, dots} of this.shown) {
      const z = passes[at].z || passes[at].a, slopes = z.map(value => activation.slope(value, activation));
      dots.splice(0).forEach(dot => dot.remove());
      for (const near of z.slice(0, MOST_DOTS).map(value => Math.min(Math.max(value, -6), 6)))
        dots.push(drawn.dot(near, activation.g(near, activation), "dot", 3.5));
      said.textContent = `For the row z = ${showAll(z)}, where the slope is ${showAll(slopes)}.`;
    }
  },
};

const bowl = {
  build({models, model}) {
    const drawn = models.filter(each => each.parameters.join() == model.parameters.join() && each.parameters.length);
    const paths = drawn.flatMap(each => each.vectors);
    const spans = model.parameters.map((_, k) => wider(ends(paths.map(vector => vector[k])), 0.25));
    this.shown = drawn.map(each => each.landscape ||= this.of(each, spans));
    find("bowl").replaceChildren(...this.shown.map(({box}) => box));
  },
  // J at every point around the paths that trainings took: the same for all, so that they compare.
  of(model, span) {
    const {parameters: names, vectors: path} = model, lines = span.map(each => along(each, GRID));
    const caption = element("figcaption"), J = (...point) => lossOfRows(model, Float64Array.from(point));
    if (names.length == 1) {
      const points = lines[0].map(w => [w, J(w)]), drawn = chart("J over the parameter", span[0],
        ends(points.map(([, y]) => y)), [names[0], "J"]), mark = drawn.upright();
      drawn.line(points, "one");
      path.forEach(([w]) => drawn.dot(w, J(w), "row", 3));
      return {model, caption, box: element("figure", {}, caption, drawn.svg), move: ([w]) => drawn.stand(mark, w)};
    }
    const values = Float64Array.from({length: GRID * GRID}, (_, k) =>
      J(lines[0][k % GRID], lines[1][GRID - 1 - Math.floor(k / GRID)]));
    const [low, high] = ends(values), flat = plane(names, span), heights = values.map(y => Math.sqrt((y - low) / (high - low)));
    paint(flat.canvas, heights, GRID, 0, 1);
    flat.canvas.setAttribute("aria-label", `J over ${names.join(" and ")}, from ${show(low)} to ${show(high)}`);
    for (let k = 1; k < 10; k++) flat.add("path", {class: "contour", d: contour(heights, k / 10)});
    const d = `M${path.map(point => flat.at(...point)).join("L")}`;
    for (const kind of ["halo path", "path"]) flat.add("path", {class: kind, d});
    return {model, caption, box: element("figure", {}, caption, flat.box), move: point => flat.put(...point)};
  },
  draw({frame}) {
    for (const {model, caption, move} of this.shown) {
      const k = Math.min(frame, model.vectors.length - 1), vector = model.vectors[k];
      move(vector);
      caption.textContent = `${model.name}: step ${model.frames.steps[k]}, J = ${show(lossOfRows(model, vector))}`;
    }
  },
};
