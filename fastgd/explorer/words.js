"use strict";
/* How the page writes numbers and names. */

const Words = (() => {
  const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

  const power = (exponent) => `10${[...String(exponent)].map((digit) => SUPERSCRIPTS[digit]).join("")}`;

  /** Some digits of a number, with an exponent where it is very large or small. */
  function show(value, digits = 6) {
    if (value === 0) return "0";
    if (Number.isNaN(value)) return "–";
    if (!Number.isFinite(value)) return value > 0 ? "beyond 1e308" : "beyond −1e308";
    const size = Math.abs(value);
    const text = size >= 1e9 || size < 1e-4
      ? value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e") : String(Number(value.toPrecision(digits)));
    return text.replace(/-/g, "−");
  }

  const count = (k) => (k === Infinity ? "never" : k < 1e12 ? k.toLocaleString("en-US") : show(k, 3));
  const iterations = (k) => `${count(k)} iteration${k === 1 ? "" : "s"}`;

  /** A share of a distance, which is rounded to 0 or 100 % only where it is that. */
  function share(value) {
    if (value === 0 || value === 1) return `${100 * value} %`;
    if (value < 1e-14) return "less than 1e−12 %";
    if (value > 10) return `${show(value, 3)} times`;
    return value > 0.99 && value < 1 ? `${Math.min(100 * value, 99.99).toFixed(2)} %` : `${show(100 * value, 3)} %`;
  }

  const short = (name, most = 40) => (name.length > most ? `${name.slice(0, most - 1)}…` : name);

  /** Names in a sentence, the first few of them. */
  function inWords(names) {
    return names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  }

  return { power, show, count, iterations, share, short, inWords };
})();
