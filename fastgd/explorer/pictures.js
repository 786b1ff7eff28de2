"use strict";
/* What is drawn: the sources and the ranges of bokeh's figures. */

const Pictures = (() => {
  const { given, one, state, LAST } = Model;
  const { element, write } = Panels;
  const { short } = Words;
  const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#888888"];
  const GREY = "#666666", HELD = COLOURS[1];
  const MARKERS = [["square", COLOURS[2]], ["diamond", COLOURS[3]], ["inverted_triangle", COLOURS[1]]]; // of Panels.MARKS
  const EACH = 40; // iterations drawn one by one, before they lie too dense
  const END = Math.log1p(LAST);

  const figures = {};
  const colourOf = new Map(); // of the coefficients that are drawn
  let frame = null; // the scatter's ranges, which stay while a point is dragged

  // figures and ranges

  async function open(redraw) {
    for (const [name, item] of Object.entries(JSON.parse(element("figures").textContent))) {
      const [view] = [...(await Bokeh.embed.embed_item(item, name)).roots];
      const source = (id) => view.model.document.get_model_by_name(id);
      figures[name] = { view, source };
      view.model.properties.inner_width.change.connect(() => requestAnimationFrame(redraw));
    }
    if (!one) choosePaths();
  }

  function fill(figure, name, data) {
    figures[figure].source(name).data = data;
  }

  function setRange(range, [start, end]) {
    if (range.start !== start || range.end !== end) range.setv({ start, end });
  }

  function setRanges(figure, x, y) {
    setRange(figures[figure].source("x_range"), x);
    setRange(figures[figure].source("y_range"), y);
  }

  function setLabel(figure, name, text) {
    const label = figures[figure].source(name);
    if (label.text !== text) label.text = text;
  }

  /** An axis of iterations, log(1 + k), with as many ticks as there is room for. */
  function setIterations(figure, y) {
    const { view, source } = figures[figure], every = view.model.inner_width < 400 ? 2 : 1;
    const ticks = [0, 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9].filter((_, i) => i % every === 0);
    const places = ticks.map((k) => Math.log1p(k));
    if (String(source("x_ticker").ticks) !== String(places)) {
      const words = ticks.map((k) => (k < 1000 ? String(k) : Words.power(Math.round(Math.log10(k)))));
      source("x_ticker").ticks = places;
      view.model.below[0].major_label_overrides = new Map(places.map((place, i) => [place, words[i]]));
    }
    setRanges(figure, [-0.3, END + 0.3], y);
  }

  function padded([low, high], by = 0.06) {
    const edge = high > low ? by * (high - low) : 0.5 * Math.abs(low) || 1;
    return [low - edge, high + edge];
  }

  const extent = (values) => values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);
  const columns = (points) => ({ x: points.map((at) => at[0]), y: points.map((at) => at[1]) });

  // points and lines

  /** As wide and high as the points, or mean +- 2 standard deviations; optimum and start may stretch it to three times. */
  function frameOf() {
    const [x, y] = [0, 1].map((i) => {
      const mean = given.mean[i][0], spread = 2 * Math.sqrt(given.covariance[i][i][0]);
      return padded(given.rows ? extent(given.rows.map((row) => row[i])) : [mean - spread, mean + spread]);
    });
    let high = y;
    for (const [b, w] of [Model.optimum(), state.start]) {
      const ends = extent([...high, b + w * x[0], b + w * x[1]]);
      if (ends[1] - ends[0] <= 3 * (y[1] - y[0])) high = padded(ends, 0.02);
    }
    return [x, high];
  }

  /** The part of an x-interval in which a line lies between two heights; null where it nowhere does. */
  function between([b, w], [left, right], [low, high]) {
    if (w === 0) return b >= low && b <= high ? [left, right] : null;
    const [a, c] = extent([(low - b) / w, (high - b) / w]);
    return a < right && c > left ? [Math.max(left, a), Math.min(right, c)] : null;
  }

  /** Where the line's handles are: at its ends, or where it leaves the picture. */
  function handles() {
    const [b, w] = Model.theta(), [x, y] = frame.map((range) => padded(range, -0.03));
    const ends = between([b, w], x, y) || x;
    return ends.map((at) => [at, Math.min(y[1], Math.max(y[0], b + w * at))]);
  }

  function drawLine() {
    if (!figures.line) return;
    frame ??= frameOf();
    const [x, y] = frame, { grip } = state, [b, w] = Model.theta(), height = y[1] - y[0];
    setRanges("line", x, y);
    // Some heights around the picture: a canvas loses what lies too far off it.
    const around = between([b, w], x, [y[0] - 3 * height, y[1] + 3 * height]) || [];
    fill("line", "line", columns(around.map((at) => [at, b + w * at])));
    const [b0, w0] = Model.optimum();
    fill("line", "optimum", columns(x.map((at) => [at, b0 + w0 * at])));
    fill("line", "ends", columns(grip !== null && grip.kind === "end" ? grip.ends : handles()));
    const heaviest = Math.max(...state.rows.map((row) => row[2]));
    const isHeld = (i) => grip !== null && grip.kind === "point" && grip.index === i;
    fill("line", "points", {
      ...columns(state.rows),
      size: state.rows.map((row) => 4 + 6 * Math.sqrt(row[2] / heaviest)),
      color: state.rows.map((_, i) => (isHeld(i) ? HELD : GREY)),
    });
    drawSquares();
    const outside = between([b, w], x, y) === null ? " The line is now outside the picture." : "";
    write("hint", `${given.rows ? "Drag a point, or" : "Drag"} an end of the line: the descent then starts there.${outside}`);
    element("restore").disabled = !Model.anyMoved();
  }

  /** Squares on the screen, whose side is the residual in the target's units. */
  function drawSquares() {
    const [x, y] = frame, [b, w] = Model.theta(), { inner_width: width, inner_height: height } = figures.line.view.model;
    const squares = { x: [], y: [], width: [], height: [] };
    if (state.squares && width > 0 && height > 0) {
      const aspect = ((x[1] - x[0]) / width) * (height / (y[1] - y[0]));
      for (const [at, value] of state.rows) {
        const residual = value - (b + w * at), side = Math.abs(residual), wide = side * aspect;
        if (!(side < 1e3 * (y[1] - y[0]))) continue; // far off the picture, and it would be all of one colour
        squares.x.push(at + wide < x[1] ? at + wide / 2 : at - wide / 2);
        squares.y.push(value - residual / 2);
        squares.width.push(wide);
        squares.height.push(side);
      }
    }
    fill("line", "squares", squares);
  }

  // iterations

  /** Iterations spread evenly over the slider, from 0 to the last; the first all of them. */
  function spread(last, points) {
    const end = Math.log1p(last), chosen = new Set([0, last]);
    for (let k = 0; k <= Math.min(EACH, last); k++) chosen.add(k);
    for (let i = 0; i <= points; i++) chosen.add(Math.round(Math.expm1((i / points) * end)));
    return [...chosen].filter((k) => k <= last).sort((a, b) => a - b);
  }

  /** Three strokes: the first iterations all; then the even and the odd ones apart, since a descent that overshoots goes to and
      fro between them more often than there are pixels. */
  function strokes(last, points) {
    const all = spread(last, points), later = all.filter((k) => k >= EACH);
    return [all.filter((k) => k <= EACH), ...[0, 1].map((odd) => later.map((k) => k - ((k + odd) % 2)))];
  }

  // the bowl

  const inward = (theta) => Descent.units(Model.problem, theta.map((value) => [value, 0]), true).map((value) => value[0]);

  /** Half the picture's width and height about the optimum: as far as the start is away, or as the outermost line. */
  function reach(best, level) {
    const { directions } = Model.problem, start = inward(state.start);
    const away = [0, 1].map((j) => Math.abs(start[j] - best[j])), most = 1e3 * (Math.hypot(...away) || 1);
    const sizes = [0, 1].map((j) => {
      const ellipse = directions.map(({ value, vector }) => Math.abs(vector[j][0]) * Math.min(Math.sqrt(level / value[0]), most));
      return 1.25 * (away[j] || Math.max(0, ...ellipse)) || 1;
    });
    if (state.standardize) { // both in the target's unit, in which the lines are circles
      const { inner_width: width, inner_height: height } = figures.contours.view.model, scale = width > 0 ? height / width : 1;
      sizes[0] = Math.max(sizes[0], sizes[1] / scale);
      sizes[1] = sizes[0] * scale;
    }
    return sizes;
  }

  /** The ellipse about the optimum on which the error is so much above the minimum. */
  function ellipse(best, level) {
    const [steep, flat] = Model.problem.directions, points = [];
    for (let i = 0; i <= 240; i++) {
      const angle = (i / 120) * Math.PI;
      const s = Math.cos(angle) * Math.sqrt(level / steep.value[0]), f = Math.sin(angle) * Math.sqrt(level / flat.value[0]);
      points.push([0, 1].map((j) => best[j] + s * steep.vector[j][0] + f * flat.vector[j][0]));
    }
    return columns(points);
  }

  const many = (curves) => ({ xs: curves.map((curve) => curve.x), ys: curves.map((curve) => curve.y) });

  function drawContours() {
    if (!figures.contours) return;
    const { descent } = Model, best = inward(Model.optimum()), level = Descent.excess(descent, 0) || 1;
    const sizes = reach(best, level);
    setRanges("contours", ...[0, 1].map((j) => [best[j] - sizes[j], best[j] + sizes[j]]));
    const levels = Model.problem.directions.length < 2 ? [] : [-2, -1, 0, 1, 2, 3, 4, 5, 6, 7].map((n) => level * 4 ** -n);
    fill("contours", "levels", many(levels.map((value) => ellipse(best, value))));
    const isWithin = (at, times) => [0, 1].every((j) => Math.abs(at[j] - best[j]) <= times * sizes[j]);
    const path = strokes(Model.reached(), 120).map((stroke) => {
      const points = stroke.map((k) => inward(Descent.iterate(descent, k))), end = points.findIndex((at) => !isWithin(at, 50));
      return columns(end < 0 ? points : points.slice(0, end + 1));
    });
    fill("contours", "path", many(path));
    fill("contours", "iterates", path[0]);
    const here = inward(Model.theta());
    fill("contours", "here", columns(isWithin(here, 50) ? [here] : []));
    fill("contours", "best", columns([best]));
    const feature = short(given.features[0], 15), target = short(given.target, 15);
    setLabel("contours", "x_label", state.standardize ? `level at the mean (${target})` : `intercept (${target})`);
    const slope = state.standardize ? `slope × sd of ${feature} (${target})` : `slope (${target} per unit of ${feature})`;
    setLabel("contours", "y_label", slope);
    const place = isWithin(here, 1) ? "○ the descent." : "○ the descent, now outside the picture.";
    write("contours-note", `Each contour has 4 times the error above the minimum of the one inside it. ★ the optimum, ${place}`);
  }

  // the error by iteration

  function drawCourse() {
    const { descent } = Model, last = Math.min(LAST, Model.lastFinite()), top = Descent.excess(descent, 0) || 1;
    const floor = Math.max(1e-300, top * 1e-18, Model.problem.least * 1e-16); // below, rounding would be drawn
    const ceiling = Math.max(top * (descent.slowest > 0 ? 1e12 : 10), floor * 100);
    const height = (k) => Math.max(Descent.excess(descent, k), floor);
    const at = spread(last, 240).filter((k) => height(k) <= ceiling * 1e6);
    setIterations("course", [floor / 10, ceiling]);
    fill("course", "curve", columns(at.map((k) => [Math.log1p(k), height(k)])));
    const marks = Panels.MARKS.map(([tolerance], i) => [Descent.iterations(descent, tolerance), ...MARKERS[i]])
      .filter(([k]) => k <= LAST);
    fill("course", "marks", {
      ...columns(marks.map(([k]) => [Math.log1p(k), height(k)])),
      marker: marks.map(([, marker]) => marker), color: marks.map(([, , color]) => color),
    });
    const k = Model.reached();
    fill("course", "now", columns([[Math.min(Math.log1p(k), END), Math.min(height(k), ceiling)]]));
  }

  // coefficients of many features

  const spreads = () => given.standardized.scale.map((pair) => pair[0]);

  function choosePaths() {
    const { best } = given.standardized;
    const sizes = spreads().map((scale, i) => [Math.abs(best[i + 1][0]) * scale, i + 1]).sort((a, b) => b[0] - a[0]);
    const chosen = sizes.slice(0, COLOURS.length).map(([, j]) => j).sort((a, b) => a - b);
    chosen.forEach((j, i) => colourOf.set(j, COLOURS[i]));
    const some = ` The ${chosen.length} that end farthest from 0 are drawn; the table has all.`;
    const all = "Each coefficient times its column's spread, which gives all of them the target's unit; dotted: its limit.";
    write("paths-note", all + (sizes.length > chosen.length ? some : ""));
  }

  /** The drawn coefficients after k iterations, in float64 only, as nobody reads digits off a curve. */
  function courses() {
    const { problem, descent } = Model, limit = Model.optimum(), drawn = [...colourOf.keys()], spread = spreads();
    const unit = (j) => (problem.scale === null ? spread[j - 1] : 1); // standardised, a coefficient is that already
    const parts = drawn.map((j) => problem.directions.map(({ vector }, i) => descent.distance[i][0] * vector[j][0] * unit(j)));
    return (k) => {
      const powers = Descent.powers(descent, k);
      return drawn.map((j, c) => parts[c].reduce((sum, part, i) => sum + powers[i] * part, limit[j] * spread[j - 1]));
    };
  }

  function drawPaths() {
    if (!figures.paths) return;
    const at = courses(), colors = [...colourOf.values()], grows = Model.descent.slowest > 0;
    const last = Math.min(LAST, Model.lastFinite());
    const parts = strokes(last, 240).map((ks) => ({ x: ks.map((k) => Math.log1p(k)), ys: ks.map(at) }));
    const limit = Model.optimum(), goals = [...colourOf.keys()].map((j) => limit[j] * spreads()[j - 1]);
    const range = extent([0, ...goals, ...at(0), ...(grows ? [] : parts.flatMap(({ ys }) => ys.flat()))]);
    const y = range[0] === range[1] ? [-1, 1] : padded(range, grows ? 1 : 0.06), far = 20 * (y[1] - y[0]);
    const near = (value) => (Math.abs(value) < far ? value : NaN);
    setIterations("paths", y);
    const curves = colors.flatMap((color, c) => parts.map(({ x, ys }) => ({ x, y: ys.map((values) => near(values[c])), color })));
    fill("paths", "coefficients", { ...many(curves), color: curves.map((curve) => curve.color) });
    fill("paths", "goals", { ...many(goals.map((goal) => ({ x: [0, END], y: [goal, goal] }))), color: colors });
    const place = Math.min(Math.log1p(Model.reached()), END);
    fill("paths", "places", { ...columns(at(Model.reached()).map((value) => [place, near(value)])), color: colors });
  }

  function draw() {
    drawLine();
    drawContours();
    drawPaths();
    drawCourse();
  }

  return {
    figures, colourOf, open, draw, drawLine, handles,
    get frame() { return frame; },
    forgetFrame: () => { frame = null; },
  };
})();
