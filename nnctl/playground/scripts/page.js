// The page's state, and what changes it: the model, the moment, the row, and what is typed or drawn.
const PANELS = [surface, network, curves, shapes, bowl, steps, trying];
const state = {models: JSON.parse(find("contents").textContent).map(openModel)};

// Computes all of the moment anew and draws it.
function refresh() {
  const {model, frame} = state, {frames: {steps: taken, batches}, history} = model;
  state.vector = model.vectors[frame];
  state.passes = forward(model, state.vector, state.x, 1);
  state.back = backward(model, state.passes, model.rows[state.row]);
  const epoch = Math.floor(taken[frame] / batches), figures = Object.entries(history)
    .filter(([, values]) => values[epoch - 1] != null).map(([name, values]) => `${name} ${show(values[epoch - 1])}`);
  find("moment").textContent = [`step ${taken[frame]}, epoch ${epoch}`, ...figures].join(", ");
  for (const panel of PANELS) panel.draw(state);
}

function chooseRow(row) {
  Object.assign(state, {row, x: Float64Array.from(state.model.rows[row].x)});
  find("row").value = state.model.rows[row].place;
  trying.fill(state);
  refresh();
}

function chooseFrame(frame) {
  find("frame").value = state.frame = frame;
  refresh();
}

function chooseModel(place) {
  const model = state.model = state.models[place], frame = model.vectors.length - 1, slider = find("frame");
  Object.assign(slider, {max: frame, value: state.frame = frame});
  find("play").disabled = slider.disabled = frame == 0;
  find("row").max = last(model.rows).place;
  find("about").textContent = model.about;
  find("unshown").hidden = !model.notes.length;
  find("notes").replaceChildren(...model.notes.map(said => element("li", {}, said)));
  for (const [panel, text] of Object.entries(model.said)) find(`${panel}-note`).textContent = text;
  for (const panel of PANELS) panel.build(state);
  chooseRow(0);
}
// From the beginning, or on from where it stands, to the end or until it is pressed again.
function play() {
  const end = state.model.vectors.length - 1;
  const stop = () => { state.timer = clearInterval(state.timer); find("play").textContent = "Play"; };
  if (state.timer) return stop();
  find("play").textContent = "Pause";
  if (state.frame == end) chooseFrame(0);
  state.timer = setInterval(() => state.frame < end ? chooseFrame(state.frame + 1) : stop(), 80);
}

find("models").append(...state.models.map(({name}, k) => new Option(name, k)));
find("which").hidden = state.models.length == 1;
find("models").onchange = event => chooseModel(Number(event.target.value));
find("frame").oninput = event => chooseFrame(Number(event.target.value));
find("play").onclick = play;
find("row").onchange = event => {
  const apart = state.model.rows.map(({place}) => Math.abs(place - Number(event.target.value)));
  chooseRow(apart.indexOf(Math.min(...apart)));
};
chooseModel(0);
