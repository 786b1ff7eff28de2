"use strict";
/* The data from Python, the state that the user changes, and what follows from both. */

const Model = (() => {
  const given = JSON.parse(document.getElementById("data").textContent);
  const LAST = 1e9, MOST = 1e15; // iterations: of the slider, and of the field beside it
  const one = given.features.length === 1;

  const state = {
    rows: (given.rows || []).map((row) => row.slice()),
    start: given.start.slice(),
    standardize: given.standardize,
    rates: { raw: null, standardized: null },
    iteration: given.iteration,
    squares: false,
    playing: null, // the timer
    grip: null, // what is being dragged
  };
  const model = { given, one, state, LAST, MOST, problem: null, limits: null, descent: null };

  const fromRows = () => (given.complete ? Descent.momentsOf(given.rows)
    : Descent.momentsFrom(given.weight, given));
  const base = one ? fromRows() : null;

  const hasMoved = (row, i) => row[0] !== given.rows[i][0] || row[1] !== given.rows[i][1];

  function moments() {
    const after = state.rows.filter(hasMoved), before = (given.rows || []).filter((_, i) => hasMoved(state.rows[i], i));
    return after.length === 0 ? base : Descent.moved(base, before, after);
  }

  model.anyMoved = () => state.rows.some(hasMoved);
  model.coordinates = () => (state.standardize ? "standardized" : "raw");

  /** The problem, its limits and the descent, of the points, the start and the rate as they are. */
  model.derive = () => {
    const coordinates = model.coordinates();
    model.problem = one ? Descent.line(moments(), given.intercept, state.standardize) : Descent.many(given[coordinates]);
    model.limits = Descent.limits(model.problem);
    state.rates[coordinates] ??= state.standardize === given.standardize ? given.rate : model.limits.best;
    model.descent = Descent.begin(model.problem, state.start, state.rates[coordinates]);
  };

  model.lastFinite = () => (model.descent.overflow === Infinity ? MOST : Math.max(0, model.descent.overflow - 1));
  model.reached = () => Math.min(state.iteration, model.lastFinite());
  model.theta = () => Descent.iterate(model.descent, model.reached());
  model.optimum = () => model.descent.limit.map((value) => value[0]);
  model.error = () => model.problem.least + Descent.excess(model.descent, model.reached());

  return model;
})();
