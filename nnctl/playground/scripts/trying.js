// Try it: a form for tables, paper for pictures, and what the model answers at the moment.
const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], " ": [0, 0]};
const trying = {
  build({model}) {
    const {columns, view, view_shape: shape} = model.inputs;
    [find("fields").hidden, find("paper").hidden] = [view != "table", view != "picture"];
    this.fields = view == "table" ? columns.map(column => this.field(column)) : [];
    find("fields").replaceChildren(...this.fields.map(({label}) => label));
    if (view == "picture") this.paper(model, shape);
  },
  field(column) {
    const labels = column.kind == "category" && ["(none of these)", ...column.labels];
    const control = element(labels ? "select" : "input", labels ? {} : {inputmode: "decimal", autocomplete: "off"},
      ...(labels || []).map((label, k) => new Option(label, k ? k - 1 : "")));
    control.disabled = column.kind == "fixed";
    control.oninput = () => {
      const entered = enter(column, control.value, state.x);
      control.setAttribute("aria-invalid", !entered);
      if (entered) refresh();
      else find("answer").replaceChildren(`${column.name}: a number is needed.`);
    };
    return {column, control, label: element("label", {}, column.name, control)};
  },
  // The fields as the row has them.
  fill({x}) {
    for (const {column: {at, width, kind, indicator}, column, control} of this.fields) {
      const own = x.subarray(at, at + width), place = own.indexOf(1);
      control.value = kind == "fixed" ? "as the row has it" : kind == "category" ? place < 0 ? "" : place
        : indicator && last(own) ? "" : Number(ownUnit(column, x).toPrecision(6));
    }
  },
  paper(model, [high, wide, channels]) {
    const canvas = find("canvas"), pen = {x: wide / 2, y: high / 2};
    const [blank, ink] = ends(model.rows.flatMap(row => Array.from(row.x)));
    const dab = () => state.x.forEach((value, k) => {
      const cell = Math.floor(k / channels), x = cell % wide + 0.5, y = Math.floor(cell / wide) + 0.5;
      const near = 1.8 - Math.hypot(x - pen.x, y - pen.y) / (wide / 28);
      state.x[k] = Math.max(value, blank + Math.min(Math.max(near, 0), 1) * (ink - blank));
    });
    // A quick stroke comes as a few places far apart, and is drawn along the line between them.
    const stroke = (event, goesOn) => {
      const x = event.offsetX / canvas.clientWidth * wide, y = event.offsetY / canvas.clientHeight * high;
      const {x: x0, y: y0} = goesOn ? pen : {x, y}, many = Math.ceil(Math.hypot(x - x0, y - y0)) || 1;
      for (let k = 1; k <= many; k++, dab())
        Object.assign(pen, {x: x0 + (x - x0) * k / many, y: y0 + (y - y0) * k / many});
      refresh();
    };
    canvas.onpointerdown = event => { canvas.setPointerCapture(event.pointerId); stroke(event, false); };
    canvas.onpointermove = event => { if (event.buttons) stroke(event, true); };
    canvas.onkeydown = event => {
      const [dx, dy] = ARROWS[event.key] || [];
      if (event.key == "Delete") find("clear").click();
      if (dx === undefined) return;
      event.preventDefault();
      Object.assign(pen, {x: pen.x + dx, y: pen.y + dy});
      if (event.key == " " || event.shiftKey) { dab(); refresh(); }
    };
    find("clear").onclick = () => { state.x.fill(blank); refresh(); };
    find("again").onclick = () => chooseRow(state.row);
  },
  draw({model, passes, x}) {
    if (model.inputs.view == "picture") picture(model, x, find("canvas"));
    const rows = told(model.targets, answersOf(model, passes)).map(([name, value, chosen]) => {
      const bar = element("span", {class: "bar", style: `width: ${100 * value}px`}), number = model.targets.task == "regression";
      return element("tr", {class: chosen ? "chosen" : ""}, element("th", {scope: "row"}, name), element("td", {},
        show(value)), element("td", {}, ...number ? [] : [bar, chosen ? " ← the answer" : ""]));
    });
    find("answer").replaceChildren(element("table", {}, element("tbody", {}, ...rows)));
  },
};
