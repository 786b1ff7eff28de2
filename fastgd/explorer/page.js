"use strict";
/* The beginning, when all else is there. */

/** What the page computes with, for a browser's console. */
window.explorer = {
  state: Model.state, figures: Pictures.figures, handles: Pictures.handles, ...Hands,
  get descent() { return Model.descent; },
  get limits() { return Model.limits; },
  get problem() { return Model.problem; },
  get reached() { return Model.reached(); },
  get frame() { return Pictures.frame; },
};

(async () => {
  Panels.open();
  Model.derive();
  await Pictures.open(Hands.draw);
  Hands.draw();
  Hands.connect();
  document.documentElement.dataset.ready = "1";
})();
