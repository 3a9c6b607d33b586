// Losses: L of one example from its output a (or logits z) and target y, and ∂L/∂output.
const SMALLEST = 1e-7;  // where probabilities are clipped
const PROBABILITY = {softmax: activationOf({type: "softmax"}), sigmoid: activationOf({type: "sigmoid"})};
const total = array => array.reduce((sum, value) => sum + value, 0);
const mean = array => total(array) / array.length;
const sum = (array, other) => array ? array.map((value, k) => value + other[k]) : other;
const clipped = p => Math.min(Math.max(p, SMALLEST), 1 - SMALLEST);
// Losses that are means over the outputs: each gives [L, ∂L/∂a] of one of them.
const EACH = {
  mean_squared_error: (a, y) => [(a - y) ** 2, 2 * (a - y)],
  half_mean_squared_error: (a, y) => [(a - y) ** 2 / 2, a - y],
  mean_absolute_error: (a, y) => [Math.abs(a - y), Math.sign(a - y)],
  huber(a, y, {delta}) {
    const q = Math.min(Math.abs(a - y), delta);
    return [q * (Math.abs(a - y) - q / 2), Math.sign(a - y) * q];
  },
  quantile(a, y, {quantiles}, k) {
    const q = quantiles[k % quantiles.length], d = y - a;
    return [Math.max(q * d, (q - 1) * d), d > 0 ? -q : d < 0 ? 1 - q : 0];
  },
  binary_crossentropy(a, y, {from_logits, label_smoothing: smooth}) {
    y = y * (1 - smooth) + smooth / 2;
    if (from_logits) return [(1 - y) * Math.max(a, 0) + y * Math.max(-a, 0)
      + Math.log1p(Math.exp(-Math.abs(a))), (1 - y) * sigmoid(a) - y * sigmoid(-a)];
    const p = clipped(a);
    return [-y * Math.log(p) - (1 - y) * Math.log(1 - p), p == a ? (1 - y) / (1 - p) - y / p : 0];
  },
};
function lossOf(loss, output, y) {
  const n = output.length, each = EACH[loss.type];
  if (each) {
    const targets = n / y.length;  // outputs that speak of one target: several of quantiles
    const found = Array.from(output, (a, k) => each(a, y[Math.floor(k / targets)], loss, k));
    return {L: mean(found.map(([L]) => L)), d: Float64Array.from(found, ([, d]) => d / n)};
  }
  const smooth = loss.label_smoothing || 0, one = loss.type.startsWith("sparse");
  const own = output.map((_, k) => (one ? k == y[0] : y[k]) * (1 - smooth) + smooth / n);
  return (loss.from_logits ? fromLogits : fromProbabilities)(output, own);
}
// −Σ y_k log(a_k) for a = softmax(z), with the greatest z kept out of the sum.
function fromLogits(z, y) {
  const most = z.indexOf(Math.max(...z)), a = activate(PROBABILITY.softmax, z, z.length);
  const others = total(z.map((value, k) => k == most ? 0 : Math.exp(value - z[most])));
  const L = total(z.map((value, k) => y[k] * (z[most] - value + Math.log1p(others))));
  // a Σy − y, written without the difference a − 1 of a class that is sure.
  const [all, right, wrong] = [total(y), total(a.map((p, k) => p * y[k])), total(a.map((p, k) => p * (1 - y[k])))];
  return {L, d: a.map((p, k) => y[k] == 1 ? -wrong : p * all - y[k] * (right + wrong))};
}
function fromProbabilities(a, y) {
  const all = total(a), shares = a.map(value => value / all);
  const slopes = shares.map((p, k) => clipped(p) == p ? -y[k] / p : 0);
  const along = total(slopes.map((slope, k) => slope * shares[k]));
  return {L: -total(shares.map((p, k) => y[k] * Math.log(clipped(p)))),
    d: slopes.map(slope => (slope - along) / all)};
}
// What the regularizers of a layer add to J, l1 Σ|w| + l2 Σw², with the derivatives added to `found`.
function penaltyOf(layer, w, found) {
  return total(Object.entries(layer.penalties).map(([name, [l1, l2]]) => {
    const slopes = Float64Array.from(w[name], value => l1 * Math.sign(value) + 2 * l2 * value);
    found[name] = sum(found[name], slopes);
    return total(Float64Array.from(w[name], value => l1 * Math.abs(value) + l2 * value * value));
  }));
}
