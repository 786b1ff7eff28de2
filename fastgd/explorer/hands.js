"use strict";
/* What the user does: click, type, slide and drag. */

const Hands = (() => {
  const { given, state, LAST, MOST } = Model;
  const { element } = Panels;
  const GRIP = 26; // pixels around a point or an end within which a finger takes it
  const TICK = 50; // milliseconds
  const NO_MORE = 1e-12; // share of the distance at which playing stops

  function draw() {
    Panels.draw();
    Pictures.draw();
  }

  function update() {
    Model.derive();
    draw();
  }

  function goTo(k) {
    state.iteration = Math.min(MOST, Math.max(0, k));
    draw();
  }

  function setRate(rate) {
    state.rates[Model.coordinates()] = rate;
    update();
  }

  // playing

  function pause() {
    clearInterval(state.playing);
    state.playing = null;
  }

  function isAtEnd() {
    return Model.reached() >= Math.min(LAST, Model.lastFinite()) || Descent.left(Model.descent, Model.reached()) < NO_MORE;
  }

  /** Faster and faster: one iteration at a time, then some percent of those before. */
  function play() {
    if (isAtEnd()) state.iteration = 0;
    state.playing = setInterval(() => {
      const k = Model.reached();
      state.iteration = Math.min(k + Math.max(1, Math.floor(0.08 * k)), LAST, Model.lastFinite());
      if (isAtEnd()) pause();
      draw();
    }, TICK);
  }

  // fields and buttons

  const numberOf = (text) => (text.trim() === "" ? NaN : Number(text.replace(/[,\s]/g, "")));
  const isRate = (rate) => rate > 0 && rate <= 1e100;
  const isIteration = (k) => Number.isInteger(k) && k >= 0 && k <= MOST;

  /** A field for a number, which is used as soon as it is valid. */
  function listen(id, accepts, take) {
    const input = element(id);
    input.addEventListener("input", () => {
      input.dataset.typing = "1";
      const value = numberOf(input.value), accepted = accepts(value);
      if (accepted) take(value);
      input.setAttribute("aria-invalid", String(!accepted));
    });
    for (const event of ["change", "blur"]) {
      input.addEventListener(event, () => {
        delete input.dataset.typing;
        Panels.drawControls();
      });
    }
  }

  function onPress(id, act) {
    element(id).addEventListener("click", act);
  }

  /** `goTo` an iteration that the user chose. */
  function jump(k) {
    pause();
    goTo(k);
  }

  function reset() {
    pause();
    state.start = given.start.slice();
    state.iteration = 0;
    Pictures.forgetFrame();
    update();
  }

  function connect() {
    element("rate").addEventListener("input", (event) => setRate(Panels.rateAt(event.target.value / 1000)));
    element("iteration").addEventListener("input", (event) => jump(Panels.iterationAt(event.target.value / 1000)));
    listen("rate-value", isRate, setRate);
    listen("iteration-value", isIteration, jump);
    onPress("best", () => setRate(Model.limits.best));
    onPress("limit", () => setRate(Math.min(Model.limits.max, Number.MAX_VALUE)));
    onPress("reset", reset);
    onPress("step", () => jump(Model.reached() + 1));
    onPress("play", () => {
      if (state.playing === null) play();
      else pause();
      draw();
    });
    for (const button of element("times").children) {
      button.addEventListener("click", () => jump(Number(button.dataset.iteration)));
    }
    for (const input of document.getElementsByName("coordinates")) {
      input.addEventListener("change", () => {
        state.standardize = input.value === "standardized";
        update();
      });
    }
    element("squares").addEventListener("change", (event) => {
      state.squares = event.target.checked;
      Pictures.drawLine();
    });
    onPress("restore", () => {
      state.rows = given.rows.map((row) => row.slice());
      update();
    });
    if (Pictures.figures.line) connectDragging(element("line"));
  }

  // dragging

  function pixels(event) {
    const box = Pictures.figures.line.view.el.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /** What is under the pointer: an end of the line or a point. */
  function find(event) {
    const [px, py] = pixels(event), { x_scale: xs, y_scale: ys } = Pictures.figures.line.view.frame, ends = Pictures.handles();
    const candidates = [
      ...ends.map((at, index) => ({ kind: "end", index, ends, at, size: 8 })),
      ...state.rows.map((at, index) => ({ kind: "point", index, at, size: 0 })),
    ];
    let nearest = null, least = GRIP;
    for (const candidate of candidates) {
      const [x, y] = candidate.at, distance = Math.hypot(xs.compute(x) - px, ys.compute(y) - py) - candidate.size;
      if (distance < least) [nearest, least] = [candidate, distance];
    }
    return nearest;
  }

  function drag(event) {
    const { x_scale: xs, y_scale: ys } = Pictures.figures.line.view.frame, [px, py] = pixels(event), { grip } = state;
    const inside = (value, [low, high]) => Math.min(high, Math.max(low, value)), [x, y] = Pictures.frame;
    const at = [inside(xs.invert(px), x), inside(ys.invert(py), y)];
    if (grip.kind === "point") state.rows[grip.index].splice(0, 2, ...at);
    else turnLine(grip, at);
    update();
  }

  /** The line through the dragged end and the other one, or the origin, is the start of a new descent. */
  function turnLine({ ends, index }, at) {
    const [x, y] = given.intercept ? ends[1 - index] : [0, 0], [left, right] = Pictures.frame[0];
    if (given.intercept) { // the ends keep their sides
      const least = 0.02 * (right - left), side = index === 0 ? -1 : 1;
      at[0] = x + side * Math.max(least, side * (at[0] - x));
    } else if (at[0] === 0) return;
    const w = (at[1] - y) / (at[0] - x);
    state.start = [given.intercept ? y - w * x : 0, w];
    ends[index] = at;
    if (!given.intercept) ends[1 - index][1] = w * ends[1 - index][0];
    state.iteration = 0;
  }

  function letGo() {
    if (state.grip === null) return;
    state.grip = null;
    draw();
  }

  /* bokeh's own drawing tool would take every touch on the figure; here a finger beside the points scrolls the page. */
  function connectDragging(host) {
    host.addEventListener("touchstart", (event) => {
      if (event.touches.length === 1 && find(event.touches[0]) !== null) event.preventDefault();
    }, { passive: false });
    host.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !event.isPrimary) return;
      state.grip = find(event);
      if (state.grip === null) return;
      pause();
      host.setPointerCapture(event.pointerId);
      draw();
    });
    host.addEventListener("pointermove", (event) => {
      if (state.grip !== null) drag(event);
      else if (event.pointerType === "mouse") host.style.cursor = find(event) === null ? "" : "grab";
    });
    host.addEventListener("pointerup", letGo);
    host.addEventListener("pointercancel", letGo);
  }

  return { update, draw, goTo, setRate, connect };
})();
