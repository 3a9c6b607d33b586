// Layers: each a formula of its input, and the way back from ∂J/∂a to ∂J/∂x and its parameters.
// `forward(layer, w, x, n)` takes n examples, one behind the other, and the layer's arrays `w`, and
// returns what it computes on the way: c (the product), z (with bias), a (the output). `backward`
// puts the derivatives by the arrays into `found`, and returns ∂J/∂x.
const size = shape => shape.reduce((product, n) => product * n, 1);
const last = list => list[list.length - 1];
// Calls `visit(place, cell, tap)`, in numbers of all examples, for each cell that a window sees: by
// the layer's table, a row a window, -1 outside. A dense layer's windows are single cells.
function eachTap(layer, n, visit) {
  const windows = layer.table, places = windows.length, cells = size(layer.input) / last(layer.input);
  for (let example = 0; example < n; example++)
    for (let place = 0; place < places; place++)
      for (let tap = 0, own = windows[place]; tap < own.length; tap++)
        if (own[tap] >= 0) visit(example * places + place, example * cells + own[tap], tap);
}
// c = w · x for each window, z = c + b, a = g(z): dense layers and convolutions.
const weighted = formula => ({
  formula,
  forward(layer, w, x, n) {
    const inputs = last(layer.input), units = last(layer.output), {kernel, bias} = w;
    const c = new Float64Array(n * size(layer.output)), activation = activationOf(layer.activation);
    eachTap(layer, n, (place, cell, tap) => {
      for (let i = 0; i < inputs; i++) {
        const value = x[cell * inputs + i];
        if (value === 0) continue;  // as most inputs of categories are
        for (let j = 0, k = (tap * inputs + i) * units, at = place * units; j < units; j++)
          c[at + j] += value * kernel[k + j];
      }
    });
    const z = bias ? c.slice() : c;
    for (let k = 0; bias && k < z.length;) for (let j = 0; j < units; j++, k++) z[k] += bias[j];
    const nodes = activation.type == "linear" ? {a: z} : {z, a: activate(activation, z, units)};
    return bias ? {c, ...nodes} : nodes;
  },
  backward(layer, w, x, nodes, dz, found) {
    const inputs = last(layer.input), units = last(layer.output), {kernel, bias} = w;
    const dx = new Float64Array(x.length), dw = found.kernel = new Float64Array(kernel.length);
    eachTap(layer, x.length / size(layer.input), (place, cell, tap) => {
      for (let i = 0, from = cell * inputs; i < inputs; i++)
        for (let j = 0, k = (tap * inputs + i) * units, at = place * units; j < units; j++) {
          dx[from + i] += dz[at + j] * kernel[k + j];
          dw[k + j] += dz[at + j] * x[from + i];
        }
    });
    if (bias) found.bias = byChannel(dz, units);
    return dx;
  },
});
const byChannel = (array, channels) =>
  Float64Array.from({length: channels}, (_, k) => total(every(array, channels, k)));
// Of the cells of each window, channel by channel, the greatest (the first of equals) or the mean.
const pooling = greatest => ({
  formula: `a^{[l]} = the ${greatest ? "greatest" : "mean"} of each window of a^{[l−1]}`,
  forward(layer, w, x, n) {
    const channels = last(layer.input), length = n * size(layer.output);
    const cells = Array.from({length}, () => []);
    eachTap(layer, n, (place, cell) => {
      for (let k = 0; k < channels; k++) cells[place * channels + k].push(cell * channels + k);
    });
    const shares = cells.map(own => greatest ? [[own.reduce((best, at) => x[at] > x[best] ? at : best), 1]]
      : own.map(at => [at, 1 / own.length]));
    const a = Float64Array.from(shares, own => total(own.map(([at, share]) => x[at] * share)));
    return {a, shares};
  },
  backward(layer, w, x, {shares}, da) {
    const dx = new Float64Array(x.length);
    shares.forEach((own, k) => own.forEach(([at, share]) => { dx[at] += da[k] * share; }));
    return dx;
  },
});
// By the kept mean and variance of each channel (of batches), or those of each place's channels.
const normalization = {
  formula: "a^{[l]} = γ (a^{[l−1]} − mean) / √(variance + ε) + β",
  forward(layer, {gamma, beta, moving_mean: kept, moving_variance: spread}, x) {
    const channels = last(layer.input), root = new Float64Array(x.length);
    const normal = x.map((value, k) => {
      const start = k - k % channels, own = x.subarray(start, start + channels);
      const middle = kept ? kept[k - start] : mean(own);
      const variance = kept ? spread[k - start] : mean(own.map(one => (one - middle) ** 2));
      root[k] = Math.sqrt(variance + layer.epsilon);
      return (value - middle) / root[k];
    });
    const of = (array, k, none) => array ? array[k % channels] : none;
    return {normal, root, a: normal.map((v, k) => v * of(gamma, k, 1) + of(beta, k, 0))};
  },
  backward(layer, {gamma, beta, moving_mean: kept}, x, {normal, root}, da, found) {
    const channels = last(layer.input), own = da.map((d, k) => d * (gamma ? gamma[k % channels] : 1));
    if (gamma) found.gamma = byChannel(da.map((d, k) => d * normal[k]), channels);
    if (beta) found.beta = byChannel(da, channels);
    return own.map((d, k) => {
      const start = k - k % channels, part = own.subarray(start, start + channels);
      const along = mean(part.map((value, j) => value * normal[start + j]));
      return (kept ? d : d - mean(part) - normal[k] * along) / root[k];
    });
  },
};

const dense = weighted("a^{[l]} = g(w · a^{[l−1]} + b)");
const convolution = weighted("a^{[l]} = g(w · window of a^{[l−1]} + b), for each window");
const [maxPooling, averagePooling] = [pooling(true), pooling(false)];
const passing = {
  formula: "a^{[l]} = a^{[l−1]}", forward: (layer, w, x) => ({a: x}),
  backward: (layer, w, x, nodes, da) => da,
};
const LAYERS = {
  dense, conv1d: convolution, conv2d: convolution, max_pooling1d: maxPooling,
  max_pooling2d: maxPooling, average_pooling1d: averagePooling, average_pooling2d: averagePooling,
  global_average_pooling1d: averagePooling, global_average_pooling2d: averagePooling,
  flatten: passing, reshape: passing, dropout: passing, random_contrast: passing,
  random_flip: passing, random_rotation: passing, random_translation: passing, random_zoom: passing,
  activation: {
    formula: "a^{[l]} = g(a^{[l−1]})", backward: passing.backward,
    forward: ({activation, output}, w, x) =>
      ({z: x, a: activate(activationOf(activation), x, last(output))}),
  },
  batch_normalization: normalization, layer_normalization: normalization,
};
