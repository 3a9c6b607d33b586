// One row step by step: each node's value from left to right, then ∂J/∂node from right to left.
const MOVES = {start: () => 0, back: done => done - 1, next: done => done + 1, all: (done, all) => all};
const steps = {
  build({model}) {
    const all = 2 * model.nodes.length;
    this.done = all;
    for (const [id, move] of Object.entries(MOVES)) find(id).onclick = () => {
      this.done = Math.max(0, Math.min(move(this.done, all), all));
      this.draw(state);
    };
    this.lines = model.nodes.map(({name, how}) => {
      const cells = [element("td"), element("td")];
      return {cells, row: element("tr", {}, element("th", {scope: "row"}, name), element("td", {}, formula(how)), ...cells)};
    });
    find("steps").replaceChildren(...this.lines.map(({row}) => row));
  },
  // The value of a node, and ∂J/∂node: those of c and of z are alike, as z = c + b.
  of({model, passes, back}, {name, layer, key}) {
    if (key == "J") return [[back.J], [1]];
    if (back.arrays[name]) return [passes[layer].w[key], back.arrays[name]];
    const {da, dz} = back.layers[layer];
    return [passes[layer][key], key == "a" ? da : dz];
  },
  draw(state) {
    const {nodes} = state.model, n = nodes.length, {done} = this, at = done <= n ? done - 1 : 2 * n - done;
    nodes.forEach((node, k) => {
      const [value, slope] = this.of(state, node), {cells: [left, right], row} = this.lines[k];
      left.textContent = k < done ? showAll(value) : "";
      right.textContent = 2 * n - k <= done ? showAll(slope) : "";
      row.className = k == at && done < 2 * n ? "at" : "";
    });
    const {name, how, back} = nodes[at] || {}, {cells} = this.lines[at] || {};
    find("said").replaceChildren(done == 0 ? "Next: each value is made of those before it, from left to right."
      : done == 2 * n ? `All is known: J = ${show(state.back.J)}, and its derivative by each number.`
      : formula(done <= n ? `Forward: ${name} = ${how} = ${cells[0].textContent}`
      : `Backward: ∂J/∂(${name}) = ${back} = ${cells[1].textContent}`));
    find("back").disabled = find("start").disabled = done == 0;
    find("next").disabled = find("all").disabled = done == 2 * n;
  },
};
