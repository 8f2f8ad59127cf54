/** @param mib to one decimal, in GiB */
export const gib = (mib) => (mib / 1024).toFixed(1);

/**
 * What is said of a workflow before it runs. Pure.
 * @param asked the answer of `comfyui/fit`
 * @param words of one language
 * @returns kind, text and reason; `null`: nothing is to be said
 */
export function verdict(asked, words) {
  const { signature, fit, unknown, weightsMiB, would } = asked;
  if (signature === null || fit === null || fit.fits === null) return null;
  const why = [];
  if (fit.basis === "nothing") why.push(words.neverRan);
  else {
    why.push(words.peak(gib(fit.peakMiB + fit.uncertaintyMiB)), words.basis[fit.basis]);
    if (fit.leastMiB !== null && fit.leastMiB < fit.peakMiB) why.push(words.least(gib(fit.leastMiB)));
  }
  const { kind, text, more } = kindOf(fit, would, words);
  why.push(...more);
  if (weightsMiB !== null && fit.basis === "nothing") why.push(words.weights(gib(weightsMiB)));
  for (const [name, { why: reason, what }] of Object.entries(unknown)) {
    why.push(`${words.unknownOf[name]}: ${words.why[reason](what)}.`);
  }
  return { kind, text, why: why.join("\n") };
}

function kindOf(fit, would, words) {
  const said = (kind, values, ...more) => {
    const text = words[kind];
    return { kind, text: typeof text === "function" ? text(values) : text, more };
  };
  if (fit.basis === "nothing") return said("unknown");
  if (fit.fits) return said("fits");
  const missingMiB = fit.missingMiB ?? 0;
  const hereMiB = fit.peakMiB + fit.uncertaintyMiB - missingMiB;
  if (fit.never && isLearned(fit))
    return said("will-not-fit", { would: wouldOf(fit, would, words) }, words.never);
  if (fit.never && fit.basis !== "measured")
    return said("may-not-fit", { would: wouldOf(fit, would, words) }, words.neverByEstimate);
  const release = fit.options.find(({ kind, enough }) => kind === "release" && enough);
  if (release !== undefined) return said("after-release", { gib: Math.round(release.gainMiB / 1024) });
  if (missingMiB <= fit.uncertaintyMiB) return said("tight", {}, words.margin);
  if (fit.leastMiB !== null && fit.leastMiB <= hereMiB) return said("tight", {});
  return said("no-room", { gib: gib(missingMiB) });
}

/** That it needs as much was seen here: no estimate, and no peak of a job that has run with less. */
const isLearned = ({ basis, peakMiB, leastMiB }) =>
  basis === "measured" && (leastMiB === null || leastMiB >= peakMiB);

/** Fewer frames by what was learned of them, tiles by what one report saved. */
function wouldOf(fit, would, words) {
  const ways = [];
  if (would?.frames !== undefined) ways.push(words.frames(would.frames));
  if (fit.options.some(({ kind, enough }) => kind === "vae-tiling" && enough)) ways.push(words.tiling);
  return ways.join(words.or);
}
