// A model of the page: its frames and rows, its forward and backward pass, what it predicts.
function numbersOf({type, shape, bytes}) {
  const raw = Uint8Array.from(atob(bytes), letter => letter.charCodeAt(0));
  const data = new {float32: Float32Array, float64: Float64Array, int32: Int32Array}[type](raw.buffer);
  const width = size(shape.slice(1));
  return Array.from({length: shape[0]}, (_, k) => data.subarray(k * width, (k + 1) * width));
}

function openModel(facts) {
  const {x, y, weight, places} = facts.rows, ys = numbersOf(y);
  const weights = weight ? numbersOf(weight) : places.map(() => [1]);
  const rows = numbersOf(x).map((own, k) => ({place: places[k], x: own, y: ys[k], weight: weights[k][0]}));
  const layers = facts.layers.map(layer => ({...layer, table: layer.table && numbersOf(layer.table)}));
  return {...facts, layers, rows, vectors: numbersOf(facts.frames.vectors)};
}
// The arrays of a layer by name, as the vector of a frame has them.
const arraysOf = (layer, vector) => Object.fromEntries(Object.entries(layer.arrays).map(
  ([name, {at, shape}]) => [name, vector.subarray(at, at + size(shape))]));
// n examples from left to right: for each layer {x, w, a, …}; the last a is the output.
function forward(model, vector, x, n) {
  return model.layers.map(layer => {
    const w = arraysOf(layer, vector), nodes = {x, w, ...LAYERS[layer.type].forward(layer, w, x, n)};
    x = nodes.a;
    return nodes;
  });
}
// J of one row, and from right to left ∂J/∂a and ∂J/∂z of each layer, and by its arrays.
function backward(model, passes, row) {
  const {L, d} = lossOf(model.loss, last(passes).a, row.y);
  let da = d.map(slope => slope * row.weight);
  const found = {J: L * row.weight, layers: [], arrays: {}};
  for (let k = model.layers.length - 1; k >= 0; k--) {
    const layer = model.layers[k], nodes = passes[k], {z, a, w, x} = nodes, own = {};
    const dz = z ? activationSlope(activationOf(layer.activation), z, a, da, last(layer.output)) : da;
    found.layers[k] = {da, dz};
    da = LAYERS[layer.type].backward(layer, w, x, nodes, dz, own);
    if (layer.first) found.J += penaltyOf(layer, w, own);
    for (const [name, array] of Object.entries(own))
      found.arrays[`${layer.name}/${name}`] = sum(found.arrays[`${layer.name}/${name}`], array);
  }
  return found;
}
// J over the rows of the page, for parameters that need not be a frame's.
function lossOfRows(model, vector) {
  const {rows, loss, layers} = model;
  model.together ||= Float64Array.from(rows.flatMap(row => Array.from(row.x)));
  const passes = forward(model, vector, model.together, rows.length), {a} = last(passes);
  const units = a.length / rows.length;
  const losses = rows.map(({y, weight}, k) => weight * (units == 1 && EACH[loss.type]
    ? EACH[loss.type](a[k], y[0], loss, 0)[0] : lossOf(loss, a.subarray(k * units, (k + 1) * units), y).L));
  return mean(losses) + layers.reduce((sum, layer, k) =>
    sum + (layer.first ? penaltyOf(layer, passes[k].w, {}) : 0), 0);
}
// What example `at` of some passes predicts: probabilities, or numbers in the target's own unit.
function answersOf(model, passes, at = 0) {
  const {targets, loss} = model, units = size(last(model.layers).output);
  const own = array => array.subarray(at * units, (at + 1) * units);
  const {a: all, z} = last(passes), a = own(all);
  if (targets.task == "regression") {
    const {divisor, shift} = targets, each = units / divisor.length;
    const found = a.map((value, k) => value * divisor[Math.floor(k / each)] + shift[Math.floor(k / each)]);
    // Quantiles in their order, as a model may have them cross.
    for (let k = 0; k < units; k += each) found.subarray(k, k + each).sort();
    return found;
  }
  const implied = PROBABILITY[targets.task == "multiclass" ? "softmax" : "sigmoid"];
  if (!targets.temperature) return loss.from_logits ? activate(implied, a, units) : a;
  const {prior, temperatures, shifts} = targets.temperature;
  return activate(implied, (loss.from_logits ? a : own(z)).map((logit, k) =>
    (logit - prior[k]) / (temperatures[k] ?? temperatures[0]) + shifts[k]), units);
}
// Answers as `nnctl predict` has them: [name, value, whether that is the answer].
function told({task, names, classes, cuts}, answers) {
  if (task == "regression") return names.map((name, k) => [name, answers[k], true]);
  if (!classes) return names.map((name, k) => [name, answers[k], answers[k] > cuts[k]]);
  const yes = answers[0] > cuts[0], known = answers.slice(0, classes.length);
  if (task == "binary") return [[classes[0], 1 - answers[0], !yes], [classes[1], answers[0], yes]];
  const most = known.indexOf(Math.max(...known));
  return classes.map((label, k) => [label, known[k], k == most]);
}
// Puts a cell of the form into the inputs x of a row; false where that is no number, or missing.
function enter(column, text, x) {
  const {at, width, edges} = column, written = String(text).trim() !== "";
  if (column.kind == "category") {
    x.fill(0, at, at + width);
    if (written) x[at + Number(text)] = 1;
    return true;
  }
  const number = written ? Number(text) : column.fill;
  if (number === null || !Number.isFinite(number)) return false;
  const known = column.scale == "log" ? Math.sign(number) * Math.log1p(Math.abs(number)) : number;
  const y = (known - column.shift) / column.divisor;
  x[at] = column.clip ? y / Math.sqrt(1 + (y / 3) ** 2) : y;
  for (let k = 1; k < (edges || []).length; k++)
    x[at + k] = Math.min(Math.max((number - edges[k - 1]) / (edges[k] - edges[k - 1]), 0), 1);
  if (column.indicator) x[at + width - 1] = written ? 0 : 1;
  return true;
}
// The number of a column that its input was made of.
function ownUnit(column, x) {
  let y = x[column.at];
  if (column.clip) y /= Math.sqrt(Math.max(1 - (y / 3) ** 2, 1e-12));
  const known = y * column.divisor + column.shift;
  return column.scale == "log" ? Math.sign(known) * Math.expm1(Math.abs(known)) : known;
}
