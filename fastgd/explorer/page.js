"use strict";
/* The page: what is on it follows from the points, the start, the rate and the iteration; `descent.js` computes. */

(() => {
  const given = JSON.parse(document.getElementById("data").textContent);
  const element = (id) => document.getElementById(id);
  const one = given.features.length === 1;
  const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#888888"];
  const GREY = "#666666", MARKS = [[0.1, "10 %", COLOURS[2], "square"], [0.01, "1 %", COLOURS[3], "diamond"], [1e-6, "a millionth", COLOURS[1], "inverted_triangle"]];
  const LAST = 1e9, MOST = 1e15; // iterations: of the slider, and of the field beside it
  const DECADES = [1e-3, 10]; // the slider's rates, of the limit
  const GRIP = 26; // pixels around a point or an end within which a finger takes it
  const EACH = 40; // iterations drawn one by one, before they lie too dense
  const SHOWN = 6; // directions, of many
  const NEVER_MORE = 1e-12; // share of the distance at which playing stops

  const state = {
    rows: (given.rows || []).map((row) => row.slice()),
    start: given.start.slice(),
    standardize: given.standardize && (one || given.standardized !== null),
    rates: { raw: null, standardized: null },
    iteration: given.iteration,
    playing: null,
    squares: false,
  };
  const figures = {};
  let problem, limits, descent, grip = null;

  // numbers and words

  const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const power = (exponent) => `10${exponent < 0 ? "⁻" : ""}${[...String(Math.abs(exponent))].map((d) => SUPERSCRIPTS[d]).join("")}`;

  /** Some digits of a number, with an exponent where it is very large or small. */
  function show(value, digits = 6) {
    if (value === 0) return "0";
    if (!Number.isFinite(value)) return value > 0 ? "beyond 1e308" : value < 0 ? "beyond −1e308" : "–";
    const size = Math.abs(value);
    const text = size >= 1e9 || size < 1e-4 ? value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e")
      : String(Number(value.toPrecision(digits)));
    return text.replace(/-/g, "−");
  }

  const count = (k) => (k === Infinity ? "never" : k < 1e12 ? k.toLocaleString("en-US") : show(k, 3));
  const iterations = (k) => `${count(k)} iteration${k === 1 ? "" : "s"}`;

  function share(value) {
    if (value === 0 || value === 1) return `${100 * value} %`;
    if (value < 1e-14) return "less than 1e−12 %";
    if (value > 10) return `${show(value, 3)} times`;
    return value > 0.99 && value < 1 ? `${Math.min(100 * value, 99.99).toFixed(2)} %` : `${show(100 * value, 3)} %`;
  }

  const short = (name) => (name.length > 40 ? `${name.slice(0, 39)}…` : name);

  function write(id, text) {
    if (element(id).textContent !== text) element(id).textContent = text;
  }

  function make(tag, text = "", className = "") {
    const node = document.createElement(tag);
    node.textContent = text;
    if (className) node.className = className;
    return node;
  }

  // what follows from the state

  const coordinates = () => (state.standardize ? "standardized" : "raw");
  const lastFinite = () => (descent.overflow === Infinity ? MOST : Math.max(0, descent.overflow - 1));
  const reached = () => Math.min(state.iteration, lastFinite());
  const theta = () => Descent.iterate(descent, reached());
  const errorAt = (k) => problem.least + Descent.excess(descent, k);

  const base = !one ? null : given.complete ? Descent.momentsOf(given.rows) : Descent.momentsFrom(given.weight, given.mean, given.covariance);

  function currentMoments() {
    const changed = state.rows.map((row, i) => [given.rows[i], row]).filter(([from, to]) => from[0] !== to[0] || from[1] !== to[1]);
    return changed.length === 0 ? base : Descent.moved(base, changed.map(([from]) => from), changed.map(([, to]) => to));
  }

  /** The problem, its limits and the descent, of the points, the start and the rate as they are. */
  function derive() {
    problem = one ? Descent.line(currentMoments(), given.intercept, state.standardize) : Descent.many(given[coordinates()]);
    limits = Descent.limits(problem);
    const rates = state.rates;
    if (rates[coordinates()] === null) rates[coordinates()] = state.standardize === given.standardize ? given.rate : limits.best;
    descent = Descent.begin(problem, state.start, rates[coordinates()]);
  }

  // sliders

  const bounds = () => {
    const limit = limits.max === Infinity ? 1 : limits.max;
    return [limit * DECADES[0], limit * DECADES[1]];
  };
  const placeOfRate = (rate) => {
    const [low, high] = bounds();
    return Math.min(1, Math.max(0, Math.log(rate / low) / Math.log(high / low)));
  };
  const rateAt = (place) => {
    const [low, high] = bounds();
    return Number((low * (high / low) ** place).toPrecision(4));
  };
  const placeOfIteration = (k) => Math.min(1, Math.log1p(k) / Math.log1p(LAST));
  const iterationAt = (place) => Math.round(Math.expm1(place * Math.log1p(LAST)));

  function drawControls() {
    const rate = descent.rate, percent = (place) => `${100 * place}%`;
    element("rate").value = 1000 * placeOfRate(rate);
    element("rate").setAttribute("aria-valuetext", show(rate, 9));
    put("rate-value", String(Number(rate.toPrecision(9))));
    element("iteration").value = 1000 * placeOfIteration(state.iteration);
    element("iteration").setAttribute("aria-valuetext", count(state.iteration));
    put("iteration-value", state.iteration.toLocaleString("en-US"));
    const smooth = percent(placeOfRate(limits.smooth)), limit = percent(placeOfRate(limits.max));
    element("zones").style.background = "linear-gradient(to right, var(--smooth) " +
      `${smooth}, var(--zigzag) ${smooth} ${limit}, var(--diverges) ${limit})`;
    element("best-tick").style.left = percent(placeOfRate(limits.best));
    element("limit-tick").style.left = limit;
    const note = element("zone-note");
    note.replaceChildren(
      make("span", `smooth below ${show(limits.smooth)}`, "smooth"), " · ", make("span", `overshoots below ${show(limits.max)}`, "zigzag"),
      " · ", make("span", "diverges", "diverges"), ` · best ${show(limits.best)}`);
    const playing = state.playing !== null;
    element("play").textContent = playing ? "Pause" : "Play";
    element("play").setAttribute("aria-pressed", String(playing));
    for (const input of document.getElementsByName("coordinates")) input.checked = input.value === coordinates();
  }

  /** A number in a field that is not being typed in. */
  function put(id, text) {
    const input = element(id);
    if (document.activeElement === input && input.dataset.typing) return;
    input.value = text;
    input.removeAttribute("aria-invalid");
  }

  // words

  function drawMessage() {
    const k = reached(), rate = descent.rate, where = element("message"), { overflow } = descent;
    const grows = descent.slowest > 0;
    let kind = "smooth", verdict;
    if (problem.directions.length === 0) verdict = "No direction is curved: the error does not depend on the coefficients, and any rate is stable.";
    else if (rate >= limits.max) {
      kind = "diverges";
      verdict = grows ? "Past the limit: each iteration overshoots by more than the last"
        : "At or past the limit, but this start has no distance in the directions that grow.";
      if (grows) verdict += overflow < Infinity ? `, and the error leaves float64 at iteration ${count(overflow)}.` : ".";
    } else if (rate > limits.smooth) {
      kind = "zigzag";
      verdict = "Stable, but it overshoots: the steepest direction changes sides in every iteration, and shrinks.";
    } else verdict = "Stable and smooth: no direction overshoots.";
    const left = Descent.left(descent, k), error = errorAt(k);
    let place = ` After ${iterations(k)}, `;
    if (left === 0) place += "it stands at the optimum.";
    else {
      place += left > 1 ? `it is ${show(left, 3)} times as far from the optimum as at the start` : `${share(left)} of the distance to the optimum is still to go`;
      const above = Descent.excess(descent, k) / problem.least;
      if (above < 1e-12) place += ", and of the error above the least nothing is to be seen.";
      else place += above < 1e6 ? `, and the error is ${show(100 * above, 3)} % above the least.` : ".";
    }
    if (state.iteration > k) place += " It was stopped there: the next error is no number any more.";
    where.replaceChildren(make("b", verdict, kind), document.createTextNode(place));
    return error;
  }

  function drawTotals(error) {
    const at = theta(), best = descent.limit.map((value) => value[0]);
    const rows = [
      ["sum of the squares", problem.weight * error, problem.weight * problem.least],
      ["mean of the squares: the error", error, problem.least],
      ["root of the mean", Math.sqrt(error), Math.sqrt(problem.least)],
    ];
    if (given.intercept) rows.push(["intercept", at[0], best[0]]);
    if (one) rows.push([`slope (${short(given.features[0])})`, at[1], best[1]]);
    else given.features.forEach((name, i) => rows.push([short(name), at[i + 1], best[i + 1], colourOf.get(i + 1)]));
    const body = element("totals").tBodies[0];
    while (body.rows.length < rows.length) {
      const row = body.insertRow();
      const head = make("th");
      head.scope = "row";
      row.append(head, make("td"), make("td"));
    }
    rows.forEach(([name, now, optimum, colour], i) => {
      const cells = body.rows[i].cells;
      if (cells[0].dataset.name !== name) {
        cells[0].dataset.name = name;
        cells[0].replaceChildren(...(colour ? [swatch(colour)] : []), name);
      }
      cells[1].textContent = show(now);
      cells[2].textContent = show(optimum);
    });
  }

  function swatch(colour) {
    const mark = make("i");
    mark.style.background = colour;
    return mark;
  }

  // directions and times

  const parameters = ["intercept", ...given.features];

  /** What a direction is mostly along. */
  function along({ vector }) {
    const parts = vector.map((v) => Math.abs(v[0])), top = Math.max(...parts);
    const names = parts.map((part, j) => [part, j]).filter(([part]) => part >= 0.5 * top).sort((a, b) => b[0] - a[0])
      .map(([, j]) => (j === 0 && state.standardize ? "level" : short(parameters[j])));
    return names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  }

  function drawBars() {
    const { directions } = problem, n = directions.length, powers = Descent.powers(descent, reached());
    const all = directions.map((_, i) => i);
    const some = n <= 2 * SHOWN ? all : [...all.slice(0, SHOWN), ...all.slice(n - SHOWN)];
    const bars = element("bars");
    while (bars.children.length < some.length) {
      const bar = make("div", "", "bar"), label = make("div", "", "label"), rail = make("div", "", "rail");
      label.append(make("span"), make("span"));
      rail.append(make("div", "", "fill"));
      bar.append(label, rail);
      bars.append(bar);
    }
    while (bars.children.length > some.length) bars.lastChild.remove();
    some.forEach((i, place) => {
      const bar = bars.children[place], [name, value] = bar.firstChild.children, fill = bar.lastChild.firstChild;
      const size = Math.abs(powers[i]), none = descent.distance[i][0] === 0;
      const rank = n === 1 ? "the only one" : i === 0 ? "steepest" : i === n - 1 ? "flattest" : `no. ${i + 1}`;
      name.textContent = `${rank}, along ${along(directions[i])} (curvature ${show(2 * directions[i].value[0], 4)})`;
      value.textContent = none ? "no way to go" : `${share(size)}${powers[i] < 0 && size > 1e-14 ? ", beyond" : ""}`;
      fill.style.width = none ? "0" : `${100 * Math.min(1, size)}%`;
      bar.classList.toggle("grows", !none && size > 1);
    });
  }

  function drawTimes() {
    const times = element("times");
    MARKS.forEach(([tolerance, name], i) => {
      if (!times.children[i]) {
        const button = make("button");
        button.type = "button";
        button.addEventListener("click", () => goTo(Number(button.dataset.iteration)));
        times.append(button);
      }
      const button = times.children[i], k = Descent.iterations(descent, tolerance);
      button.dataset.iteration = k;
      button.disabled = !(k <= MOST);
      button.replaceChildren(name, make("b", count(k)));
    });
    write("limits", `Stable below ${show(limits.max, 9)}, best rate ${show(limits.best, 9)}, condition ${show(limits.condition, 6)}. ` +
      "A press goes to that iteration.");
  }

  // figures

  function fill(figure, name, data) {
    figures[figure].source(name).data = data;
  }

  function setRanges(figure, x, y) {
    const { xRange, yRange } = figures[figure];
    if (xRange.start !== x[0] || xRange.end !== x[1]) xRange.setv({ start: x[0], end: x[1] });
    if (yRange.start !== y[0] || yRange.end !== y[1]) yRange.setv({ start: y[0], end: y[1] });
  }

  const padded = ([low, high], by = 0.06) => {
    const edge = high > low ? by * (high - low) : 0.5 * Math.abs(low) || 1;
    return [low - edge, high + edge];
  };
  const extent = (values) => [values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity)];

  let frame = null; // the scatter's ranges, which stay while a point is dragged

  /** As wide and high as the points, or mean +- 2 standard deviations; the line of the start may stretch it to three times. */
  function frameOf() {
    const spread = [0, 1].map((i) => 2 * Math.sqrt(given.covariance[i][i]));
    const [x, y] = [0, 1].map((i) => (given.rows ? extent(given.rows.map((row) => row[i])) : [given.mean[i] - spread[i], given.mean[i] + spread[i]]));
    const [wide, high] = [padded(x), padded(y)];
    let [low, top] = high;
    for (const [b, w] of [descent.limit.map((value) => value[0]), state.start]) {
      const ends = extent([low, top, b + w * wide[0], b + w * wide[1]]);
      if (ends[1] - ends[0] <= 3 * (high[1] - high[0])) [low, top] = padded(ends, 0.02);
    }
    return [wide, [low, top]];
  }

  /** Where the line's handles are: at its ends, where these are in the picture; else where it leaves the picture. */
  function handles([b, w]) {
    const [[x0, x1], [y0, y1]] = frame, inset = 0.03;
    let [left, right] = [x0 + inset * (x1 - x0), x1 - inset * (x1 - x0)];
    const [low, high] = [y0 + inset * (y1 - y0), y1 - inset * (y1 - y0)];
    if (w !== 0) {
      const [a, c] = extent([(low - b) / w, (high - b) / w]);
      if (a < right && c > left) [left, right] = [Math.max(left, a), Math.min(right, c)];
    }
    return [left, right].map((x) => [x, Math.min(high, Math.max(low, b + w * x))]);
  }

  function drawLine() {
    if (!figures.line) return;
    frame ??= frameOf();
    setRanges("line", ...frame);
    const at = theta(), best = descent.limit.map((value) => value[0]), [x0, x1] = frame[0];
    const ends = ([b, w]) => ({ x: [x0, x1], y: [b + w * x0, b + w * x1] }), part = clipped(at);
    const outside = Math.min(...part.y) > frame[1][1] || Math.max(...part.y) < frame[1][0];
    write("hint", `${given.rows ? "Drag a point, or" : "Drag"} an end of the line: descent then starts there.${outside ? " The line lies outside the picture now." : ""}`);
    fill("line", "line", part);
    fill("line", "optimum", ends(best));
    const held = grip !== null && grip.kind === "end" ? grip.ends : handles(at);
    fill("line", "ends", { x: held.map((end) => end[0]), y: held.map((end) => end[1]) });
    const heaviest = Math.max(...state.rows.map((row) => row[2]));
    fill("line", "points", {
      x: state.rows.map((row) => row[0]), y: state.rows.map((row) => row[1]),
      size: state.rows.map((row) => 4 + 6 * Math.sqrt(row[2] / heaviest)),
      color: state.rows.map((_, i) => (grip !== null && grip.kind === "point" && grip.index === i ? COLOURS[1] : GREY)),
    });
    drawSquares(at);
    element("restore").disabled = state.rows.every((row, i) => row[0] === given.rows[i][0] && row[1] === given.rows[i][1]);
  }

  /** The line's part in the picture, some heights around: a canvas loses what lies too far off it. */
  function clipped([b, w]) {
    const [[x0, x1], [y0, y1]] = frame, reach = 3 * (y1 - y0);
    let [left, right] = [x0, x1];
    if (w !== 0) {
      const [a, c] = extent([(y0 - reach - b) / w, (y1 + reach - b) / w]);
      [left, right] = [Math.max(left, a), Math.min(right, c)];
    }
    if (!(left <= right)) return { x: [], y: [] };
    return { x: [left, right], y: [b + w * left, b + w * right] };
  }

  /** Squares on the screen, whose side is the residual in the target's units. */
  function drawSquares([b, w]) {
    const { view } = figures.line, [[x0, x1], [y0, y1]] = frame, { inner_width: width, inner_height: height } = view.model;
    const squares = { x: [], y: [], width: [], height: [] };
    if (state.squares && width > 0 && height > 0) {
      const aspect = ((x1 - x0) / width) * (height / (y1 - y0));
      for (const [x, y] of state.rows) {
        const side = y - (b + w * x);
        if (!(Math.abs(side) < 1e3 * (y1 - y0))) continue;
        const wide = Math.abs(side) * aspect;
        squares.x.push(x + wide / 2 < x1 ? x + wide / 2 : x - wide / 2);
        squares.y.push(y - side / 2);
        squares.width.push(wide);
        squares.height.push(Math.abs(side));
      }
    }
    fill("line", "squares", squares);
  }

  /** Iterations spread evenly over the slider, from 0 to the last and `also`; the first all of them. */
  function spread(last, points, also) {
    const end = Math.log1p(last), chosen = new Set([0, last, also]);
    for (let k = 0; k <= Math.min(EACH, last); k++) chosen.add(k);
    for (let i = 0; i <= points; i++) chosen.add(Math.round(Math.expm1((i / points) * end)));
    return [...chosen].filter((k) => k <= last).sort((a, b) => a - b);
  }

  /** Three strokes: the first iterations all, then the even and the odd ones apart, between which an overshooting descent goes to
      and fro more often than there are pixels. */
  function strokes(last, points) {
    const all = spread(last, points, last), later = all.filter((k) => k >= EACH);
    return [all.filter((k) => k <= EACH), ...[0, 1].map((odd) => later.map((k) => k - ((k + odd) % 2)))];
  }

  const inward = (at) => Descent.units(problem, at.map((value) => [value, 0]), true).map((value) => value[0]);

  /** Ticks of an axis of iterations, log(1 + k), as many as there is room for. */
  function setTicks(figure) {
    const { view, source: find } = figures[figure], every = view.model.inner_width < 400 ? 2 : 1;
    const ticks = [0, 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9].filter((_, i) => i === 0 || i % every === 0);
    const places = ticks.map((k) => Math.log1p(k));
    if (String(find("x_ticker").ticks) === String(places)) return;
    find("x_ticker").ticks = places;
    view.model.below[0].major_label_overrides = new Map(ticks.map((k, i) => [places[i], k < 1000 ? String(k) : power(Math.round(Math.log10(k)))]));
  }

  /** The bowl: ellipses of equal error about the optimum, and the path. */
  function drawContours() {
    if (!figures.contours) return;
    const best = inward(descent.limit.map((value) => value[0])), start = inward(state.start);
    const reach = [0, 1].map((j) => Math.abs(start[j] - best[j]));
    const top = Descent.excess(descent, 0), { directions } = problem;
    const radius = (level, i) => Math.sqrt(level / directions[i].value[0]);
    const sizes = [0, 1].map((j) => (reach[j] > 0 ? 1.25 * reach[j] : Math.max(...directions.map(({ vector }, i) =>
      1.25 * Math.abs(vector[j][0]) * Math.min(radius(top || 1, i), 1e3 * (Math.hypot(...reach) || 1)))) || 1));
    if (state.standardize) { // both in the target's unit, in which the lines are circles
      const { inner_width: width, inner_height: height } = figures.contours.view.model, scale = width > 0 ? height / width : 1;
      sizes[0] = Math.max(sizes[0], sizes[1] / scale);
      sizes[1] = sizes[0] * scale;
    }
    setRanges("contours", [best[0] - sizes[0], best[0] + sizes[0]], [best[1] - sizes[1], best[1] + sizes[1]]);
    const levels = { xs: [], ys: [] };
    for (let n = -2; n < 8; n++) {
      const level = (top || 1) * 4 ** -n, xs = [], ys = [];
      for (let i = 0; i <= 240 && directions.length === 2; i++) {
        const angle = (i / 120) * Math.PI, parts = [Math.cos(angle) * radius(level, 0), Math.sin(angle) * radius(level, 1)];
        xs.push(best[0] + parts[0] * directions[0].vector[0][0] + parts[1] * directions[1].vector[0][0]);
        ys.push(best[1] + parts[0] * directions[0].vector[1][0] + parts[1] * directions[1].vector[1][0]);
      }
      levels.xs.push(xs);
      levels.ys.push(ys);
    }
    fill("contours", "levels", levels);
    const k = reached(), far = (at) => Math.abs(at[0] - best[0]) > 50 * sizes[0] || Math.abs(at[1] - best[1]) > 50 * sizes[1];
    const columns = (points) => ({ x: points.map((at) => at[0]), y: points.map((at) => at[1]) });
    const path = strokes(k, 120).map((stroke) => {
      const points = stroke.map((n) => inward(Descent.iterate(descent, n))), end = points.findIndex(far);
      return columns(end < 0 ? points : points.slice(0, end + 1));
    });
    fill("contours", "path", { xs: path.map((stroke) => stroke.x), ys: path.map((stroke) => stroke.y) });
    fill("contours", "iterates", path[0]);
    const here = inward(theta());
    fill("contours", "here", columns(far(here) ? [] : [here]));
    fill("contours", "best", columns([best]));
    figures.contours.label("x_label", state.standardize ? `level at the mean (${short(given.target)})` : `intercept (${short(given.target)})`);
    figures.contours.label("y_label", state.standardize ? "slope × spread of " + short(given.features[0]) : `slope (${short(given.target)} a unit of ${short(given.features[0])})`);
    const inside = Math.abs(here[0] - best[0]) <= sizes[0] && Math.abs(here[1] - best[1]) <= sizes[1];
    write("contours-note", `From line to line the error above the least is four times as large. ★ the optimum, ○ where it is${inside ? "" : ": outside the picture now"}.`);
  }

  function drawCourse() {
    const last = Math.min(LAST, lastFinite()), k = reached();
    const at = spread(last, 240, Math.min(k, last));
    const top = Descent.excess(descent, 0);
    const floor = Math.max(1e-300, (top || 1) * 1e-18, problem.least * 1e-16);
    const height = (n) => Math.max(Descent.excess(descent, n), floor);
    const ceiling = (top || 1) * (descent.slowest > 0 ? 1e12 : 10);
    const place = (n) => Math.log1p(n);
    const shown = at.filter((n) => height(n) <= ceiling * 1e6);
    setTicks("course");
    setRanges("course", [-0.3, Math.log1p(LAST) + 0.3], [floor / 10, Math.max(ceiling, floor * 100)]);
    fill("course", "curve", { x: shown.map(place), y: shown.map(height) });
    const marks = MARKS.map(([tolerance, , color, marker]) => ({ k: Descent.iterations(descent, tolerance), color, marker })).filter((mark) => mark.k <= LAST);
    fill("course", "marks", { x: marks.map((mark) => place(mark.k)), y: marks.map((mark) => height(mark.k)), color: marks.map((mark) => mark.color), marker: marks.map((mark) => mark.marker) });
    fill("course", "now", { x: [Math.min(place(k), place(LAST))], y: [Math.min(height(k), ceiling)] });
  }

  // many features

  const colourOf = new Map(); // of the parameters that are drawn

  function choosePaths() {
    const { scale } = given.standardized || given.raw, { best } = given.standardized || given.raw;
    const sizes = given.features.map((_, i) => [Math.abs(best[i + 1]) * scale[i], i + 1]).sort((a, b) => b[0] - a[0]);
    sizes.slice(0, COLOURS.length).map(([, j]) => j).sort((a, b) => a - b).forEach((j, i) => colourOf.set(j, COLOURS[i]));
    const hidden = given.features.length - colourOf.size;
    write("paths-note", `Each coefficient times its column's spread, so that all have the target's unit; dotted where it goes.${hidden > 0 ? ` Drawn are the ${colourOf.size} that end farthest from 0; the table has all.` : ""}`);
  }

  /** Coefficients, in float64 and not more: these are drawn and not read off. */
  function drawPaths() {
    if (!figures.paths) return;
    const { scale } = given.standardized || given.raw, drawn = [...colourOf.keys()], colors = [...colourOf.values()];
    const last = Math.min(LAST, lastFinite());
    const limit = descent.limit.map((value) => value[0]);
    const from = problem.directions.map(({ vector }, i) => drawn.map((j) => {
      const part = descent.distance[i][0] * vector[j][0];
      return problem.scale === null ? part : problem.scale[j][0] > 0 ? part / problem.scale[j][0] : 0;
    }));
    const value = (powers, c) => (limit[drawn[c]] + from.reduce((sum, parts, i) => sum + powers[i] * parts[c], 0)) * scale[drawn[c] - 1];
    const parts = strokes(last, 240).map((at) => ({ places: at.map((k) => Math.log1p(k)), powers: at.map((k) => Descent.powers(descent, k)) }));
    const curves = drawn.map((_, c) => parts.map(({ powers }) => powers.map((share) => value(share, c))));
    const goals = drawn.map((j) => limit[j] * scale[j - 1]);
    const starts = drawn.map((j) => state.start[j] * scale[j - 1]);
    const settled = descent.slowest > 0 ? [] : curves.flat(2).filter(Number.isFinite);
    const range = extent([...goals, ...starts, 0, ...settled]);
    const y = padded(range[0] === range[1] ? [range[0] - 1, range[1] + 1] : range);
    setTicks("paths");
    setRanges("paths", [-0.3, Math.log1p(LAST) + 0.3], descent.slowest > 0 ? [y[0] - 2 * (y[1] - y[0]), y[1] + 2 * (y[1] - y[0])] : y);
    const far = 20 * (y[1] - y[0]);
    const near = (curve) => curve.map((v) => (Math.abs(v - y[0]) < far ? v : NaN));
    fill("paths", "coefficients", {
      xs: curves.flatMap(() => parts.map(({ places }) => places)), ys: curves.flat().map(near), color: colors.flatMap((color) => [color, color, color]),
    });
    fill("paths", "goals", { xs: goals.map(() => [0, Math.log1p(LAST)]), ys: goals.map((goal) => [goal, goal]), color: colors });
    const now = Descent.powers(descent, reached()), here = drawn.map((_, c) => value(now, c));
    fill("paths", "places", { x: here.map(() => Math.min(Math.log1p(reached()), Math.log1p(LAST))), y: near(here), color: colors });
  }

  function draw() {
    drawControls();
    const error = drawMessage();
    drawTotals(error);
    drawBars();
    drawTimes();
    drawLine();
    drawContours();
    drawPaths();
    drawCourse();
  }

  function update() {
    derive();
    draw();
  }

  // hands

  function goTo(k) {
    state.iteration = Math.min(MOST, Math.max(0, k));
    draw();
  }

  function setRate(rate) {
    state.rates[coordinates()] = rate;
    update();
  }

  function pause() {
    clearInterval(state.playing);
    state.playing = null;
  }

  function play() {
    if (reached() >= Math.min(LAST, lastFinite()) || Descent.left(descent, reached()) < NEVER_MORE) state.iteration = 0;
    state.playing = setInterval(() => {
      const k = Math.min(reached() + Math.max(1, Math.floor(0.08 * reached())), LAST);
      state.iteration = Math.min(k, lastFinite());
      if (state.iteration >= Math.min(LAST, lastFinite()) || Descent.left(descent, state.iteration) < NEVER_MORE) pause();
      draw();
    }, 50);
  }

  /** A field for a number: what it holds counts as soon as it is one. */
  function listen(id, parse, take) {
    const input = element(id);
    input.addEventListener("input", () => {
      input.dataset.typing = "1";
      const value = parse(input.value);
      if (value === null) input.setAttribute("aria-invalid", "true");
      else {
        input.removeAttribute("aria-invalid");
        take(value);
      }
    });
    for (const event of ["change", "blur"]) {
      input.addEventListener(event, () => {
        delete input.dataset.typing;
        drawControls();
      });
    }
  }

  const plainNumber = (text) => (text.trim() === "" ? NaN : Number(text.replace(/[,\s]/g, "")));

  function connect() {
    element("rate").addEventListener("input", (event) => setRate(rateAt(event.target.value / 1000)));
    element("iteration").addEventListener("input", (event) => {
      pause();
      goTo(iterationAt(event.target.value / 1000));
    });
    listen("rate-value", (text) => {
      const rate = plainNumber(text);
      return rate > 0 && rate <= 1e100 ? rate : null;
    }, setRate);
    listen("iteration-value", (text) => {
      const k = plainNumber(text);
      return Number.isInteger(k) && k >= 0 && k <= MOST ? k : null;
    }, (k) => {
      pause();
      goTo(k);
    });
    element("best").addEventListener("click", () => setRate(limits.best));
    element("limit").addEventListener("click", () => setRate(Math.min(limits.max, Number.MAX_VALUE)));
    element("reset").addEventListener("click", () => {
      pause();
      state.start = given.start.slice();
      state.iteration = 0;
      frame = null;
      update();
    });
    element("step").addEventListener("click", () => {
      pause();
      goTo(reached() + 1);
    });
    element("play").addEventListener("click", () => {
      if (state.playing === null) play();
      else pause();
      draw();
    });
    for (const input of document.getElementsByName("coordinates")) {
      input.addEventListener("change", () => {
        state.standardize = input.value === "standardized";
        update();
      });
    }
    element("squares").addEventListener("change", (event) => {
      state.squares = event.target.checked;
      drawLine();
    });
    element("restore").addEventListener("click", () => {
      state.rows = given.rows.map((row) => row.slice());
      update();
    });
    if (figures.line) connectDragging(element("line"));
    for (const { view } of Object.values(figures)) view.model.properties.inner_width.change.connect(() => requestAnimationFrame(draw));
  }

  /* bokeh's own drawing tool would take every touch on the figure for itself; here a finger beside the points scrolls the page. */
  function connectDragging(host) {
    const place = (event) => {
      const { view } = figures.line, box = view.el.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const screen = ([x, y]) => {
      const { x_scale: xs, y_scale: ys } = figures.line.view.frame;
      return [xs.compute(x), ys.compute(y)];
    };
    const find = (at) => {
      const ends = handles(theta());
      const candidates = [...ends.map((point, index) => ({ kind: "end", index, point, ends })), ...state.rows.map((point, index) => ({ kind: "point", index, point }))];
      let nearest = null, least = GRIP;
      for (const candidate of candidates) {
        const [x, y] = screen(candidate.point), distance = Math.hypot(x - at[0], y - at[1]) - (candidate.kind === "end" ? 8 : 0);
        if (distance < least) [nearest, least] = [candidate, distance];
      }
      return nearest;
    };
    const drag = (event) => {
      const { x_scale: xs, y_scale: ys } = figures.line.view.frame, [sx, sy] = place(event);
      const inside = (value, [low, high]) => Math.min(high, Math.max(low, value));
      const at = [inside(xs.invert(sx), frame[0]), inside(ys.invert(sy), frame[1])];
      if (grip.kind === "point") state.rows[grip.index].splice(0, 2, ...at);
      else dragEnd(at);
      update();
    };
    host.addEventListener("touchstart", (event) => {
      if (event.touches.length === 1 && find(place(event.touches[0])) !== null) event.preventDefault();
    }, { passive: false });
    host.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !event.isPrimary) return;
      grip = find(place(event));
      if (grip === null) return;
      pause();
      host.setPointerCapture(event.pointerId);
      drag(event);
    });
    host.addEventListener("pointermove", (event) => {
      if (grip !== null) drag(event);
      else if (event.pointerType === "mouse") host.style.cursor = find(place(event)) === null ? "" : "grab";
    });
    for (const name of ["pointerup", "pointercancel"]) {
      host.addEventListener(name, () => {
        if (grip === null) return;
        grip = null;
        draw();
      });
    }
  }

  /** The line through the end under the hand and the other one is the start of a new descent. */
  function dragEnd(at) {
    const other = grip.ends[1 - grip.index];
    if (!given.intercept) {
      if (at[0] !== 0) state.start = [0, at[1] / at[0]];
    } else {
      const least = 0.02 * (frame[0][1] - frame[0][0]), side = grip.index === 0 ? -1 : 1;
      if (side * (at[0] - other[0]) < least) at[0] = other[0] + side * least;
      const w = (at[1] - other[1]) / (at[0] - other[0]);
      state.start = [other[1] - w * other[0], w];
    }
    grip.ends[grip.index] = given.intercept ? at : [at[0], state.start[1] * at[0]];
    state.iteration = 0;
  }

  // beginning

  function words() {
    const features = given.features.map(short), target = short(given.target);
    const title = `${target} on ${features.length > 3 ? `${features.slice(0, 3).join(", ")} and ${features.length - 3} more` : features.join(", ")}`;
    document.title = `${title}: gradient descent`;
    write("title", title);
    const dropped = given.dropped ? `, ${given.dropped.toLocaleString("en-US")} more left out` : "";
    const sampled = one && given.rows && !given.complete
      ? ` Drawn is a sample of ${given.rows.length.toLocaleString("en-US")}; the moments are of all rows.` : "";
    const none = one && !given.rows ? " The rows are not on this page, only their moments." : "";
    write("about", `Gradient descent on the mean squared error of ${given.samples.toLocaleString("en-US")} rows${dropped}.${sampled}${none}`);
    write("units", `In units of ${target}; the sum and the mean in their squares.`);
    element("line-panel").hidden = !one;
    element("contours-panel").hidden = !one || !given.intercept;
    element("line-panel").classList.toggle("alone", !given.intercept);
    element("paths-panel").hidden = one;
    for (const id of ["squares-label", "restore"]) element(id).hidden = !given.rows;
    for (const input of document.getElementsByName("coordinates")) input.disabled = !one && given[input.value] === null;
    const side = make("div", "", "side");
    element("controls").before(side);
    side.append(element("controls"), element("state"));
    if (!one || !given.intercept) element(one ? "line-panel" : "paths-panel").append(element("coordinates"));
  }

  async function open() {
    words();
    for (const [name, item] of Object.entries(JSON.parse(element("figures").textContent))) {
      const views = await Bokeh.embed.embed_item(item, name);
      const view = [...views.roots][0], { document } = view.model, find = (id) => document.get_model_by_name(id);
      figures[name] = { view, source: find, xRange: find("x_range"), yRange: find("y_range"), label: (id, text) => { if (find(id).text !== text) find(id).text = text; } };
    }
    if (!one) choosePaths();
    update();
    connect();
    document.documentElement.dataset.ready = "1";
  }

  /** What the page computes with, for a browser's console. */
  window.explorer = {
    state, update, goTo, setRate,
    get descent() { return descent; },
    get limits() { return limits; },
    get problem() { return problem; },
    get reached() { return reached(); },
    get figures() { return figures; },
    get frame() { return frame; },
    handles: () => handles(theta()),
  };
  open();
})();
