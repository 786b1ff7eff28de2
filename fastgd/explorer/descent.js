"use strict";
/* Gradient descent on least squares in closed form: the twin of fastgd/kernels, in the same double-double arithmetic.

A number "pair" is [high, low], their unevaluated sum. A = H / 2 holds the mean products of the columns, ones included; along an
eigenvector of A, a direction, each step multiplies the distance to the minimum by 1 - u, u = 2 rate lambda(A). */

const Descent = (() => {
  const ONE = [1, 0], TWO = [2, 0], ZERO = [0, 0];
  const NEVER = -1e300; // log of a contraction to zero: k times it stays finite for k = 0
  const LOG_MAX = 709.782712893384; // log of the largest float64
  const MANY = 1e300; // iterations
  const NOISE = 2 ** -100;
  const SAME = 2 ** -400; // of what A differs from the identity by, whose square could underflow

  // double-double arithmetic

  function twoSum(a, b) {
    const s = a + b, t = s - a;
    return [s, (a - (s - t)) + (b - t)];
  }

  function split(a) {
    const c = 134217729 * a, high = c - (c - a);
    return [high, a - high];
  }

  function twoProduct(a, b) {
    const p = a * b, [ah, al] = split(a), [bh, bl] = split(b);
    return [p, ((ah * bh - p) + ah * bl + al * bh) + al * bl];
  }

  function add(a, b) {
    let [s, e] = twoSum(a[0], b[0]);
    const [t, f] = twoSum(a[1], b[1]);
    [s, e] = twoSum(s, e + t);
    return twoSum(s, e + f);
  }

  const negative = (a) => [-a[0], -a[1]];
  const subtract = (a, b) => add(a, negative(b));

  function multiply(a, b) {
    const [p, e] = twoProduct(a[0], b[0]);
    return twoSum(p, e + (a[0] * b[1] + a[1] * b[0]));
  }

  function divide(a, b) {
    const q = a[0] / b[0], [p, e] = twoProduct(q, b[0]);
    return twoSum(q, ((((a[0] - p) - e) + a[1]) - q * b[1]) / b[0]);
  }

  function squareRoot(a) {
    if (a[0] <= 0) return ZERO;
    const s = Math.sqrt(a[0]), rest = subtract(a, twoProduct(s, s));
    return twoSum(s, rest[0] / (2 * s));
  }

  /** a - b, and 0 where only the rounding of two equal numbers is left. */
  function difference(a, b) {
    const d = subtract(a, b);
    return Math.abs(d[0]) <= NOISE * Math.abs(a[0]) ? ZERO : d;
  }

  /** The next float64 up (direction 1) or down (-1) of a positive number. */
  function nextAfter(value, direction) {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    view.setBigInt64(0, view.getBigInt64(0) + BigInt(direction));
    return view.getFloat64(0);
  }

  // moments of one feature

  /** Sums of 1, dx, dy, dx^2, dx dy, dy^2 with d about a centre, as pairs: of rows [x, y, weight], added with a sign. */
  function addRows(sums, rows, centre, sign) {
    for (const [x, y, weight] of rows) {
      const w = [sign * weight, 0];
      const dx = twoSum(x, -centre[0]), dy = twoSum(y, -centre[1]);
      const wx = multiply(w, dx), wy = multiply(w, dy);
      const terms = [w, wx, wy, multiply(wx, dx), multiply(wx, dy), multiply(wy, dy)];
      for (let i = 0; i < 6; i++) sums[i] = add(sums[i], terms[i]);
    }
    return sums;
  }

  function close(sums, centre) {
    const [weight, ...rest] = sums;
    const [x, y, xx, xy, yy] = rest.map((sum) => divide(sum, weight));
    return {
      weight: weight[0],
      meanX: add(x, [centre[0], 0]),
      meanY: add(y, [centre[1], 0]),
      xx: difference(xx, multiply(x, x)),
      xy: difference(xy, multiply(x, y)),
      yy: difference(yy, multiply(y, y)),
    };
  }

  /** Means and co-moments of all rows. */
  function momentsOf(rows) {
    const weight = rows.reduce((sum, row) => sum + row[2], 0);
    const centre = [0, 1].map((i) => rows.reduce((sum, row) => sum + (row[2] / weight) * row[i], 0));
    return close(addRows(Array(6).fill(ZERO), rows, centre, 1), centre);
  }

  /** `moments` after some of their rows have moved from where they were. */
  function moved(moments, before, after) {
    const { weight, meanX, meanY, xx, xy, yy } = moments;
    const centre = [meanX[0], meanY[0]], rest = [[meanX[1], 0], [meanY[1], 0]];
    const mean = [...rest, add(xx, multiply(rest[0], rest[0])), add(xy, multiply(rest[0], rest[1])),
      add(yy, multiply(rest[1], rest[1]))];
    const sums = [[weight, 0], ...mean.map((value) => multiply(value, [weight, 0]))];
    return close(addRows(addRows(sums, before, centre, -1), after, centre, 1), centre);
  }

  /** From means [x, y] and covariances [[xx, xy], [xy, yy]], as pairs. */
  function momentsFrom(weight, { mean, covariance: [[xx, xy], [, yy]] }) {
    return { weight, meanX: mean[0], meanY: mean[1], xx, xy, yy };
  }

  /** The problem of one feature: least squares, eigenvalues and vectors of A = [[1, m], [m, q]], m = mean(x), q = mean(x^2). */
  function line(moments, intercept, standardize) {
    let { weight, meanX, meanY, xx, xy, yy } = moments;
    if (xx[0] <= 0) xx = xy = ZERO; // a column that does not vary
    if (yy[0] <= 0) yy = xy = ZERO;
    const mean = [ONE, meanX];
    if (!intercept) {
      xx = add(xx, multiply(meanX, meanX));
      xy = add(xy, multiply(meanX, meanY));
      yy = add(yy, multiply(meanY, meanY));
    }
    const varies = xx[0] > 0;
    const w = varies ? divide(xy, xx) : ZERO;
    const best = [intercept ? difference(meanY, multiply(w, meanX)) : ZERO, w];
    const least = Math.max(difference(yy, multiply(w, xy))[0], 0);
    const scale = standardize ? [ONE, squareRoot(xx)] : null;
    let directions = [];
    if (intercept && !standardize) directions = turn(meanX, xx);
    else {
      if (intercept) directions.push({ value: ONE, vector: [ONE, ZERO] });
      if (varies) directions.push({ value: standardize ? ONE : xx, vector: [ZERO, ONE] });
    }
    directions = directions.filter(({ value }) => value[0] > 0);
    return { weight, intercept, standardize, mean, scale, best, least, directions, parameters: 1 + intercept };
  }

  /** lambda1 = (1 + q + sqrt((q - 1)^2 + 4 m^2)) / 2; lambda2 = det A / lambda1 = var / lambda1, without cancellation. */
  function turn(m, variance) {
    const mm = multiply(m, m), q = add(variance, mm), gap = subtract(q, ONE);
    const root = squareRoot(add(multiply(gap, gap), [4 * mm[0], 4 * mm[1]]));
    const half = (a) => [0.5 * a[0], 0.5 * a[1]];
    const large = half(add(add(q, ONE), root));
    const up = gap[0] >= 0;
    let v = half(up ? add(gap, root) : subtract(root, gap)), c = m;
    if (v[0] < SAME) { v = ONE; c = ZERO; } // A is the identity, to double-double and far beyond: any pair of directions will do
    const length = squareRoot(add(multiply(v, v), multiply(c, c)));
    v = divide(v, length);
    c = divide(c, length);
    const [b, w] = up ? [c, v] : [v, c];
    return [{ value: large, vector: [b, w] }, { value: divide(variance, large), vector: [negative(w), b] }];
  }

  /** The problem of many features, whose spectrum Python found; numbers as pairs, but for the directions. */
  function many(given) {
    const { weight, intercept, standardize, best, least, parameters } = given;
    const directions = given.eigenvalues.map((value, i) => ({ value, vector: given.directions[i].map((part) => [part, 0]) }));
    const scale = standardize ? [ONE, ...given.scale] : null;
    return { weight, intercept, standardize, mean: [ONE, ...given.mean], scale, best, least, directions, parameters };
  }

  /** 2 / lambda_max, the first float64 that is not stable; 2 / (lambda_min + lambda_max), kept below it; 1 / lambda_max. */
  function limits(problem) {
    const { directions } = problem;
    if (directions.length === 0) return { max: Infinity, best: 1, smooth: Infinity, condition: 1 };
    const largest = directions[0].value, smallest = directions[directions.length - 1].value;
    let [max, rest] = divide(ONE, largest);
    if (rest > 0) max = nextAfter(max, 1);
    const best = Math.min(divide(ONE, add(largest, smallest))[0], nextAfter(max, -1));
    return { max, best, smooth: max / 2, condition: divide(largest, smallest)[0] };
  }

  // a descent

  /** log |1 - u| to full relative accuracy near 0, 1 and 2 alike. */
  function logContraction(u) {
    if (u[0] < 0.5) return Math.log1p(-u[0]);
    if (u[0] > 1.5) return Math.log1p(subtract(u, TWO)[0]);
    const r = subtract(ONE, u)[0];
    return r !== 0 ? Math.log(Math.abs(r)) : NEVER;
  }

  /** Parameters in the data's units of a vector in the coordinates descended in, or back (`inwards`). */
  function units(problem, vector, inwards) {
    const { scale, mean, intercept } = problem;
    if (scale === null) return vector;
    let level = vector[0];
    const out = vector.map((value, j) => {
      if (j === 0) return value;
      const w = inwards ? value : scale[j][0] > 0 ? divide(value, scale[j]) : ZERO;
      const shift = multiply(w, mean[j]);
      level = inwards ? add(level, shift) : subtract(level, shift);
      return inwards ? multiply(w, scale[j]) : w;
    });
    out[0] = intercept ? level : ZERO;
    return out;
  }

  /** The vector that is these shares of the distances along the directions, in the data's units. */
  function move(descent, shares) {
    const total = descent.start.map(() => ZERO);
    descent.problem.directions.forEach(({ vector }, i) => {
      const c = multiply(shares[i], descent.distance[i]);
      for (let j = 0; j < total.length; j++) total[j] = add(total[j], multiply(c, vector[j]));
    });
    return units(descent.problem, total, false);
  }

  /** What a start (intercept first, 0 without one) and a rate add to a problem. */
  function begin(problem, start, rate) {
    const { directions, best } = problem;
    const from = start.map((value) => [value, 0]);
    const off = units(problem, from.map((value, j) => subtract(value, best[j])), true);
    const distance = directions.map(({ vector }) => vector.reduce((sum, v, j) => add(sum, multiply(v, off[j])), ZERO));
    const u = directions.map(({ value }) => multiply([2 * rate, 0], value));
    const descent = { problem, start, rate, distance, u, log: u.map(logContraction) };
    descent.limit = best;
    if (directions.length < problem.parameters) {
      const way = move(descent, directions.map(() => ONE));
      descent.limit = from.map((value, j) => subtract(value, way[j]));
    }
    const moving = descent.log.filter((_, i) => distance[i][0] !== 0);
    descent.slowest = Math.max(NEVER, ...moving);
    descent.overflow = overflow(descent);
    return descent;
  }

  /** 1 - rho^k for rho = 1 - u as a pair, by doubling over the bits of k; k a whole number up to 2^53. */
  function shareGone(u, log, k) {
    if (k * log < -76) return ONE; // |rho|^k < 2^-109
    const v = u[0] > 1 ? subtract(TWO, u) : u, r = subtract(ONE, v);
    let p = ZERO;
    for (const bit of k.toString(2)) {
      p = multiply(p, subtract(TWO, p));
      if (bit === "1") p = add(v, multiply(p, r));
    }
    return u[0] > 1 && k % 2 === 1 ? subtract(TWO, p) : p;
  }

  /** (1 - u)^k, of each direction: what is left of its distance. */
  function powers(descent, k) {
    return descent.log.map((log, i) => (k % 2 === 1 && descent.u[i][0] > 1 ? -1 : 1) * Math.exp(k * log));
  }

  /** Intercept and coefficients after k iterations; k = Infinity is the limit point. */
  function iterate(descent, k) {
    const { limit, start, u, log } = descent;
    if (k === Infinity) return limit.map((value) => value[0]);
    const near = k * descent.slowest < -37; // the share still to go from the limit, else the share gone from the start
    const shares = near ? powers(descent, k).map((share) => [-share, 0]) : u.map((value, i) => shareGone(value, log[i], k));
    const way = move(descent, shares);
    return start.map((value, j) => subtract(near ? limit[j] : [value, 0], way[j])[0] + 0);
  }

  /** Mean squared error above the minimum after k iterations: the sum over directions of lambda * (distance left)^2. */
  function excess(descent, k) {
    return descent.problem.directions.reduce((sum, { value }, i) => {
      const part = descent.distance[i][0] * Math.exp(k * descent.log[i]);
      return sum + value[0] * part * part;
    }, 0);
  }

  /** Mean squared error above the minimum of any parameters. */
  function excessOf(problem, theta) {
    const off = units(problem, theta.map((value, j) => subtract([value, 0], problem.best[j])), true);
    return problem.directions.reduce((sum, { value, vector }) => {
      const part = vector.reduce((total, v, j) => add(total, multiply(v, off[j])), ZERO)[0];
      return sum + value[0] * part * part;
    }, 0);
  }

  /** Distance to the limit point after k iterations, as a share of the start's. */
  function left(descent, k) {
    const top = Math.max(0, ...descent.distance.map((d) => Math.abs(d[0])));
    if (top === 0) return 0;
    let part = 0, whole = 0;
    descent.distance.forEach((distance, i) => {
      const d = distance[0] / top, a = d * Math.exp(k * descent.log[i]);
      part += a * a;
      whole += d * d;
    });
    return Math.sqrt(part / whole);
  }

  /** The smallest whole number of (low, high] that passes; past 2^53 the counts themselves are rounded. */
  function bisect(low, high, passes) {
    while (high - low > 1) {
      const k = Math.floor(0.5 * (low + high));
      if (k <= low || k >= high) break;
      if (passes(k)) high = k;
      else low = k;
    }
    return high;
  }

  /** First k whose share of the distance left is at most `tolerance`; Infinity if none. */
  function iterations(descent, tolerance) {
    const slow = descent.slowest;
    if (tolerance >= 1 || left(descent, 0) === 0) return 0;
    if (slow === NEVER) return 1;
    if (slow > 0) return Infinity;
    if (slow === 0 && left(descent, MANY) > tolerance) return Infinity;
    const high = slow < 0 ? Math.ceil((Math.log(tolerance) / slow) * (1 + 1e-9)) + 1 : MANY;
    return bisect(-1, high, (k) => left(descent, k) <= tolerance);
  }

  /** First k at which the sum of squared residuals exceeds float64, by the directions that grow; Infinity if none does. */
  function overflow(descent) {
    const most = LOG_MAX - Math.log(descent.problem.weight);
    const growing = descent.problem.directions.map(({ value }, i) => ({
      log: descent.log[i],
      part: Math.log(value[0]) + 2 * Math.log(Math.abs(descent.distance[i][0])),
    })).filter(({ log, part }) => log > 0 && part > -Infinity);
    const alone = growing.map(({ log, part }) => (most - part) / (2 * log));
    const first = Math.max(0, Math.ceil(Math.min(Infinity, ...alone)));
    if (growing.length < 2 || first === Infinity) return first;
    const total = (k) => growing.reduce((sum, { log, part }) => sum + Math.exp(part + 2 * k * log - most), 0);
    return bisect(-1, first, (k) => total(k) > 1); // several together may exceed it before any does alone
  }

  return {
    momentsOf, momentsFrom, moved, line, many, limits, begin, iterate, powers, excess, excessOf, left, iterations, units,
  };
})();
