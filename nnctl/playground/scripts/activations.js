// Activations: a = g(z), elementwise, and the slope g'(z); `by` holds an activation's arguments.
// Softmax alone looks at all z of a layer at once, and stands apart.
const sigmoid = z => 1 / (1 + Math.exp(-Math.abs(z))) * (z < 0 ? Math.exp(z) : 1);
// P(Z > w) of a standard normal, for w >= 0: a series near 0, else a continued fraction.
function normalTail(w) {
  const density = Math.exp(-w * w / 2) / Math.sqrt(2 * Math.PI);
  let term = w, sum = w, fraction = w;
  if (w >= 3) for (let k = 60; k > 0; k--) fraction = w + k / fraction;
  for (let k = 3; w < 3 && term > 1e-17 * sum; k += 2) sum += term *= w * w / k;
  return w < 3 ? 0.5 - density * sum : density / fraction;
}
const normalShare = z => z < 0 ? normalTail(-z) : 1 - normalTail(z);
const ROOT = Math.sqrt(8 / Math.PI);
const geluShare = (z, by) =>
  by.approximate ? sigmoid(ROOT * (z + 0.044715 * z ** 3)) : normalShare(z);
const ACTIVATIONS = {
  linear: ["z", z => z, () => 1],
  relu: ["max(0, z)", z => Math.max(0, z), z => z > 0 ? 1 : 0],
  sigmoid: ["1 / (1 + e^{−z})", sigmoid, z => sigmoid(z) * sigmoid(-z)],
  tanh: ["tanh(z)", Math.tanh, z => 1 - Math.tanh(z) ** 2],
  leaky_relu: ["z if z > 0, else slope · z", (z, by) => z > 0 ? z : by.negative_slope * z,
    (z, by) => z > 0 ? 1 : by.negative_slope],
  elu: ["z if z > 0, else α (e^{z} − 1)", (z, by) => z > 0 ? z : by.alpha * Math.expm1(z),
    (z, by) => z > 0 ? 1 : by.alpha * Math.exp(z)],
  gelu: ["z · P(Z ≤ z)", (z, by) => z * geluShare(z, by), (z, by) => {
    const p = geluShare(z, by);
    return p + z * (by.approximate ? p * (1 - p) * ROOT * (1 + 3 * 0.044715 * z * z)
      : Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI));
  }],
  silu: ["z / (1 + e^{−z})", z => z * sigmoid(z), z => sigmoid(z) * (1 + z * sigmoid(-z))],
  softplus: ["log(1 + e^{z})", z => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))), sigmoid],
  softmax: ["e^{z_j} / Σ_k e^{z_k}"],
};
function activationOf(given) {
  const [formula, g, slope] = ACTIVATIONS[given.type];
  return {...given, formula, g, slope};
}
// a of all z, of which each `units` belong together.
function activate(activation, z, units) {
  const a = new Float64Array(z.length), {type, g} = activation, joint = type == "softmax";
  for (let k = 0; !joint && k < z.length; k++) a[k] = g(z[k], activation);
  for (let start = 0; joint && start < z.length; start += units) {
    const own = z.subarray(start, start + units), most = Math.max(...own);
    const e = own.map(value => Math.exp(value - most)), all = total(e);
    a.set(e.map(one => one / all), start);
  }
  return a;
}
// From ∂J/∂a to ∂J/∂z: times the slope, or for softmax a_j (∂J/∂a_j − Σ_k a_k ∂J/∂a_k).
function activationSlope(activation, z, a, da, units) {
  if (activation.type != "softmax") return da.map((d, k) => d * activation.slope(z[k], activation));
  return a.map((value, k) => {
    const start = k - k % units, own = a.subarray(start, start + units);
    return value * (da[k] - own.reduce((sum, one, j) => sum + one * da[start + j], 0));
  });
}
