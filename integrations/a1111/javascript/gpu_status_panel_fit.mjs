// Above each Generate button: whether the form as it is now would fit. A1111 runs this file in the page.
/* global gradioApp, onUiLoaded, opts */

const RESTED_MS = 400;
const ANEW_MS = 5000;
const WORDS = {
  en: {
    fits: "Fits now.",
    "after-release": ({ gib }) => `Fits after a release (≈ ${gib} GiB).`,
    tight: "Tight: what is free lies within the margin.",
    "no-room": ({ gib }) => `No room now: ${gib} GiB of VRAM are missing.`,
    "will-not-fit": "Will not fit: more than the empty GPU has.",
    "may-not-fit": "May not fit: by an estimate, more than the empty GPU has.",
    peak: ({ gib }) => `Such a run takes up to ${gib} GiB of VRAM.`,
  },
  zh: {
    fits: "现在放得下。",
    "after-release": ({ gib }) => `释放后放得下（≈ ${gib} GiB）。`,
    tight: "勉强：空闲显存落在余量之内。",
    "no-room": ({ gib }) => `现在放不下：还差 ${gib} GiB 显存。`,
    "will-not-fit": "放不下：超过了空卡的显存。",
    "may-not-fit": "可能放不下：估计会超过空卡的显存。",
    peak: ({ gib }) => `这样的任务最多占用 ${gib} GiB 显存。`,
  },
};
const COLOURS = { fits: "#12a594", "will-not-fit": "#e5484d" };
const gib = (mib) => (mib / 1024).toFixed(1);
// `opts` is A1111's, an object of the page; its localization is a file's name: zh_CN, zh-Hans …
const languageOf = () => {
  const chosen = typeof opts === "object" && opts !== null ? opts.localization : undefined;
  const told = chosen && chosen !== "None" ? chosen : navigator.language;
  return /^zh|chinese/i.test(told) ? "zh" : "en";
};

const find = (selector) => gradioApp().querySelector(selector);
function numberOf(id) {
  const value = find(`#${id} input[type=number]`)?.valueAsNumber;
  return Number.isFinite(value) ? value : null;
}
const firstOf = (...ids) => ids.map(numberOf).find((value) => value !== null) ?? null;

function hiresOf(tab) {
  // A1111's accordion, before and after it is drawn; SD.Next's checkbox.
  const box = find(`#${tab}_hr-visible-checkbox, #${tab}_hr-checkbox input, #${tab}_enable_hr input`);
  if (!box?.checked) return null;
  return {
    scale: firstOf(`${tab}_hr_scale`, `${tab}_scale`),
    x: firstOf(`${tab}_hr_resize_x`, `${tab}_resize_width`),
    y: firstOf(`${tab}_hr_resize_y`, `${tab}_resize_height`),
    steps: firstOf(`${tab}_hires_steps`, `${tab}_steps_alt`),
  };
}

/** What is asked for now; `null`: its size is not known. */
function formOf(tab) {
  let [width, height] = [numberOf(`${tab}_width`), numberOf(`${tab}_height`)];
  // “Resize by”: the WebUI writes what comes of the picture.
  const scaled = find(`#${tab}_scale_resolution_preview`);
  if (scaled?.offsetParent) {
    const sizes = [...scaled.textContent.matchAll(/(\d+)\s*[x×]\s*(\d+)/g)];
    [width, height] = sizes.length === 2 ? [Number(sizes[1][1]), Number(sizes[1][2])] : [null, null];
  }
  if (width === null || height === null) return null;
  return {
    width,
    height,
    batch: numberOf(`${tab}_batch_size`),
    steps: numberOf(`${tab}_steps`),
    hires: hiresOf(tab),
  };
}

/** Pure. `null`: nothing is to be said. */
function kindOf({ fits, basis, never, peakMiB, uncertaintyMiB, leastMiB, missingMiB, options }) {
  if (typeof fits !== "boolean" || basis === "nothing") return null;
  if (fits) return ["fits", {}];
  const missing = missingMiB ?? 0;
  const here = peakMiB + uncertaintyMiB - missing;
  // Never where less was enough before, however little is free now: a peak is no need.
  const isLearned = basis === "measured" && (leastMiB === null || leastMiB >= peakMiB);
  if (never && (isLearned || basis !== "measured")) return [isLearned ? "will-not-fit" : "may-not-fit", {}];
  const release = options.find(({ kind, enough }) => kind === "release" && enough);
  if (release !== undefined) return ["after-release", { gib: Math.round(release.gainMiB / 1024) }];
  if (missing <= uncertaintyMiB || (leastMiB !== null && leastMiB <= here)) return ["tight", {}];
  return ["no-room", { gib: gib(missing) }];
}

async function ask(form, lang) {
  try {
    const query = new URLSearchParams({ form: JSON.stringify(form), lang: lang === "zh" ? "zh-CN" : "en" });
    const response = await fetch(`./gpu-status-panel/webui/fit?${query}`, {
      signal: AbortSignal.timeout(10_000),
    });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

function write(line, told, lang) {
  const [kind, values] = (told && kindOf(told)) ?? [null];
  // It keeps its place: nothing may move Generate away under a hand.
  line.style.visibility = kind === null ? "hidden" : "visible";
  if (kind === null) {
    line.lastChild.textContent = "";
    return;
  }
  const words = WORDS[lang];
  const text = typeof words[kind] === "function" ? words[kind](values) : words[kind];
  if (line.lastChild.textContent !== text) line.lastChild.textContent = text;
  line.dataset.kind = kind;
  line.style.setProperty("--colour", COLOURS[kind] ?? "#d97706");
  line.title = words.peak({ gib: gib(told.peakMiB + told.uncertaintyMiB) });
}

function follow(tab) {
  const box = find(`#${tab}_generate_box`) ?? find(`#${tab}_generate`);
  if (!box) return;
  const line = document.createElement("div");
  line.className = "gpu-status-panel-fit";
  line.setAttribute("role", "status");
  line.style.cssText =
    "display:flex;min-height:1.5em;align-items:center;gap:6px;font-size:13px;line-height:1.5;padding:0 2px 4px";
  line.innerHTML =
    '<span style="width:8px;height:8px;flex:none;border-radius:50%;background:var(--colour)"></span><span></span>';
  write(line, null, "en");
  box.before(line);

  let asked = 0;
  let timer;
  async function now() {
    clearTimeout(timer);
    timer = setTimeout(now, ANEW_MS);
    if (document.hidden || !box.offsetParent) return;
    const mine = ++asked;
    const lang = languageOf();
    const form = formOf(tab);
    const told = form === null ? null : await ask(form, lang);
    // An answer for a form of before says nothing of this one.
    if (mine === asked) write(line, told, lang);
  }
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(now, RESTED_MS);
  };
  for (const event of ["input", "change", "click"]) gradioApp().addEventListener(event, soon);
  soon();
}

onUiLoaded(() => {
  for (const tab of ["txt2img", "img2img"]) follow(tab);
});
