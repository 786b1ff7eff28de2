"use strict";
/* All text on the page: sliders and fields, message, totals, directions, counts. */

const Panels = (() => {
  const { show, count, iterations, share, short, inWords } = Words;
  const { given, one, state } = Model;
  const DECADES = [1e-3, 10]; // the slider's rates, of the limit
  const SHOWN = 6; // directions at either end, of many
  const element = (id) => document.getElementById(id);

  /** Where the distance left is 10 %, 1 % and a millionth of the start's. */
  const MARKS = [[0.1, "10 %"], [0.01, "1 %"], [1e-6, "a millionth"]];

  function write(id, text) {
    if (element(id).textContent !== text) element(id).textContent = text;
  }

  function make(tag, text = "", className = "") {
    const node = document.createElement(tag);
    node.textContent = text;
    if (className) node.className = className;
    return node;
  }

  // sliders

  function bounds() {
    const { max } = Model.limits, limit = max === Infinity ? 1 : max;
    return DECADES.map((share) => share * limit);
  }

  function placeOfRate(rate) {
    const [low, high] = bounds();
    return Math.min(1, Math.max(0, Math.log(rate / low) / Math.log(high / low)));
  }

  function rateAt(place) {
    const [low, high] = bounds();
    return Number((low * (high / low) ** place).toPrecision(4));
  }

  const placeOfIteration = (k) => Math.min(1, Math.log1p(k) / Math.log1p(Model.LAST));
  const iterationAt = (place) => Math.round(Math.expm1(place * Math.log1p(Model.LAST)));

  /** Put a number into a field, unless someone is typing there. */
  function put(id, text) {
    const input = element(id);
    if (document.activeElement === input && input.dataset.typing) return;
    input.value = text;
    input.removeAttribute("aria-invalid");
  }

  function slide(id, place, text) {
    element(id).value = 1000 * place;
    element(id).setAttribute("aria-valuetext", text);
  }

  function drawControls() {
    const { rate } = Model.descent, { limits } = Model, percent = (place) => `${100 * place}%`;
    slide("rate", placeOfRate(rate), show(rate, 9));
    put("rate-value", String(Number(rate.toPrecision(9))));
    slide("iteration", placeOfIteration(state.iteration), count(state.iteration));
    put("iteration-value", state.iteration.toLocaleString("en-US"));
    const smooth = percent(placeOfRate(limits.smooth)), limit = percent(placeOfRate(limits.max));
    element("zones").style.background =
      `linear-gradient(to right, var(--smooth) ${smooth}, var(--zigzag) ${smooth} ${limit}, var(--diverges) ${limit})`;
    element("best-tick").style.left = percent(placeOfRate(limits.best));
    element("limit-tick").style.left = limit;
    element("zone-note").replaceChildren(
      make("span", `smooth below ${show(limits.smooth)}`, "smooth"), " · ",
      make("span", `overshoots below ${show(limits.max)}`, "zigzag"), " · ",
      make("span", "diverges", "diverges"), ` · best ${show(limits.best)}`);
    write("play", state.playing === null ? "Play" : "Pause");
    element("play").setAttribute("aria-pressed", String(state.playing !== null));
    for (const input of document.getElementsByName("coordinates")) input.checked = input.value === Model.coordinates();
  }

  // what happens

  /** The zone of the rate, and a sentence about it. */
  function verdict() {
    const { descent, limits, problem } = Model, { rate, overflow } = descent;
    if (problem.directions.length === 0) return ["smooth", "The error does not depend on the coefficients: any rate is stable."];
    if (rate >= limits.max) {
      if (descent.slowest < 0) return ["diverges", "Not stable, but from this start no distance grows."];
      if (descent.slowest === 0) return ["diverges", "At the limit: it oscillates and never settles."];
      const end = overflow < Infinity ? `, and the error overflows at iteration ${count(overflow)}.` : ".";
      return ["diverges", `Past the limit: each iteration overshoots by more than the last${end}`];
    }
    if (rate > limits.smooth) {
      return ["zigzag", "Stable, but it overshoots: the steepest direction changes sides at every iteration while it shrinks."];
    }
    return ["smooth", "Stable and smooth: no direction overshoots."];
  }

  function whereabouts() {
    const { descent, problem } = Model, k = Model.reached(), left = Descent.left(descent, k);
    if (left === 0) return "it is at the optimum.";
    if (left > 1) return `it is ${show(left, 3)} times as far from the optimum as at the start.`;
    const there = `${share(left)} of the distance to the optimum is still to go`;
    const above = Descent.excess(descent, k) / problem.least;
    if (above < 1e-12) return `${there}, but the error above the minimum is negligible.`;
    return above < 1e6 ? `${there}, and the error is ${show(100 * above, 3)} % above its minimum.` : `${there}.`;
  }

  function drawMessage() {
    const [kind, text] = verdict(), k = Model.reached();
    const stopped = state.iteration > k ? " It stops there, as the next error would overflow." : "";
    element("message").replaceChildren(make("b", text, kind), ` After ${iterations(k)}, ${whereabouts()}${stopped}`);
  }

  /** The coefficients, with those that are drawn first. */
  function inOrder() {
    const drawn = Pictures.colourOf, all = given.features.map((_, i) => i + 1);
    return [...drawn.keys(), ...all.filter((j) => !drawn.has(j))];
  }

  /** Rows of a name, the number now, that of the optimum and, where it is drawn, its colour. */
  function totals() {
    const at = Model.theta(), best = Model.optimum(), error = Model.error(), { weight, least } = Model.problem;
    const rows = [
      ["sum of squared residuals", weight * error, weight * least],
      ["mean squared error", error, least],
      ["root mean squared error", Math.sqrt(error), Math.sqrt(least)],
    ];
    if (given.intercept) rows.push(["intercept", at[0], best[0]]);
    if (one) rows.push([`slope (${short(given.features[0])})`, at[1], best[1]]);
    else for (const j of inOrder()) rows.push([short(given.features[j - 1]), at[j], best[j], Pictures.colourOf.get(j)]);
    return rows;
  }

  function drawTotals() {
    const body = element("totals").tBodies[0];
    totals().forEach(([name, now, optimum, colour], i) => {
      const { cells } = body.rows[i] || newRow(body, name, colour);
      cells[1].textContent = show(now);
      cells[2].textContent = show(optimum);
    });
  }

  function newRow(body, name, colour) {
    const row = body.insertRow(), head = make("th"), mark = make("i");
    head.scope = "row";
    if (colour) {
      mark.style.background = colour;
      head.append(mark);
    }
    head.append(name);
    row.append(head, make("td"), make("td"));
    return row;
  }

  // directions and counts

  /** The parameters that a direction mostly consists of. */
  function along({ vector }) {
    const parts = vector.map((v) => Math.abs(v[0])), top = Math.max(...parts);
    const names = [state.standardize ? "level" : "intercept", ...given.features.map((name) => short(name))];
    return inWords(parts.map((_, j) => j).filter((j) => parts[j] >= 0.5 * top).sort((i, j) => parts[j] - parts[i])
      .map((j) => names[j]));
  }

  function rankOf(i, n) {
    if (n === 1) return "the only one";
    return i === 0 ? "steepest" : i === n - 1 ? "flattest" : `no. ${i + 1}`;
  }

  function newBar() {
    const bar = make("div", "", "bar"), label = make("div", "", "label"), rail = make("div", "", "rail");
    label.append(make("span"), make("span"));
    rail.append(make("div", "", "fill"));
    bar.append(label, rail);
    return bar;
  }

  function drawBars() {
    const { directions } = Model.problem, n = directions.length, powers = Descent.powers(Model.descent, Model.reached());
    const shown = directions.map((_, i) => i).filter((i) => i < SHOWN || i >= n - SHOWN), bars = element("bars");
    while (bars.children.length < shown.length) bars.append(newBar());
    while (bars.children.length > shown.length) bars.lastChild.remove();
    shown.forEach((i, place) => {
      const bar = bars.children[place], [name, value] = bar.firstChild.children;
      const size = Math.abs(powers[i]), none = Model.descent.distance[i][0] === 0;
      const curvature = show(2 * directions[i].value[0], 4);
      name.textContent = `${rankOf(i, n)}, along ${along(directions[i])} (curvature ${curvature})`;
      value.textContent = none ? "no distance" : `${share(size)}${powers[i] < 0 && size > 1e-14 ? ", beyond" : ""}`;
      bar.lastChild.firstChild.style.width = none ? "0" : `${100 * Math.min(1, size)}%`;
      bar.classList.toggle("grows", !none && size > 1);
    });
  }

  function drawTimes() {
    [...element("times").children].forEach((button, i) => {
      const k = Descent.iterations(Model.descent, MARKS[i][0]);
      button.dataset.iteration = k;
      button.disabled = !(k <= Model.MOST);
      button.replaceChildren(MARKS[i][1], make("b", count(k)));
    });
    const { max, best, condition } = Model.limits;
    write("limits", `Stable below ${show(max, 9)}, best rate ${show(best, 9)}, condition ${show(condition, 6)}. ` +
      "Click to jump there.");
  }

  // what does not change

  function about() {
    const rows = given.samples.toLocaleString("en-US") + (given.samples === 1 ? " row" : " rows");
    const dropped = given.dropped ? `, ${given.dropped.toLocaleString("en-US")} more left out` : "";
    const text = `Gradient descent on the mean squared error of ${rows}${dropped}.`;
    if (one && !given.rows) return `${text} This page has the moments of the rows, not the rows.`;
    if (!one || given.complete) return text;
    return `${text} A sample of ${given.rows.length.toLocaleString("en-US")} rows is drawn; the numbers are those of all rows.`;
  }

  function open() {
    const title = `${short(given.target)} on ${inWords(given.features.map((name) => short(name)))}`;
    document.title = `${title}: gradient descent`;
    write("title", title);
    write("about", about());
    write("units", `In units of ${short(given.target)}, the sum and the mean in squared units.`);
    element("line-panel").hidden = !one;
    element("contours-panel").hidden = !one || !given.intercept;
    element("line-panel").classList.toggle("alone", !given.intercept);
    element("paths-panel").hidden = one;
    if (!one || !given.intercept) element(one ? "line-panel" : "paths-panel").append(element("coordinates"));
    for (const id of ["squares-label", "restore"]) element(id).hidden = !given.rows;
  }

  function draw() {
    drawControls();
    drawMessage();
    drawTotals();
    drawBars();
    drawTimes();
  }

  return { MARKS, element, write, open, draw, drawControls, rateAt, iterationAt };
})();
