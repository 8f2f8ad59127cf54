import { app } from "../../scripts/app.js";

/** What people read, in the languages of the panel. */
const WORDS = {
  en: {
    title: "GPU status",
    glance: ({ usedGb, totalGb, more }) =>
      `${usedGb}/${totalGb} GB${more === null ? "" : more === 0 ? " · full" : ` · ${more} more`}`,
    glanceTip: ({ more }) =>
      more === null
        ? "VRAM in use. Opens the panel."
        : `VRAM in use, and how many more jobs fit: ${more}. Opens the panel.`,
    open: "Open or close the GPU panel",
    release: "Release VRAM",
    check: "Does this workflow fit?",
    asked: "VRAM is released after the running prompt.",
    refused: (message) => `VRAM is not released: ${message}`,
    released: (gib) => `${gib} GiB released.`,
    failed: (message) => `The release failed: ${message}`,
    waits: () => "The workflow has given way, and waits for room to go on.",
    late: ({ seconds }) =>
      `No room for ${seconds} s: the workflow goes on without it, and may run out of memory.`,
    fits: "fits",
    "after-release": ({ gib }) => `fits after a release (≈ ${gib} GiB)`,
    tight: "tight",
    "no-room": ({ gib }) => `no room now (${gib} GiB short)`,
    "will-not-fit": ({ would }) => (would === "" ? "will not fit" : `will not fit: ${would} would`),
    "may-not-fit": ({ would }) => (would === "" ? "may not fit" : `may not fit: ${would} would`),
    unknown: "not known yet",
    frames: (n) => `${n} frames`,
    tiling: "tiling",
    or: " or ",
    peak: (gib) => `Such a workflow takes up to ${gib} GiB.`,
    basis: {
      measured: "Measured here.",
      configured: "As configured.",
      published: "By published figures.",
      nearest: "Reckoned from other sizes that ran here.",
    },
    least: (gib) => `It would have run here with ${gib} GiB.`,
    margin: "What is free lies within the margin of that.",
    never: "It is more than the empty GPU has.",
    neverByEstimate: "That is more than the empty GPU has, and an estimate: it has not run here.",
    neverRan: "Nothing like it has run here, so that its peak is not known.",
    weights: (gib) => `Its model files have ${gib} GiB, a lower bound of what it loads.`,
    unknownOf: { size: "Size", frames: "Number of frames", steps: "Steps", dtype: "Precision" },
    why: {
      node: (what) => `not known before the node ${what} runs`,
      file: (what) => `the file ${what} does not tell, or is not there`,
      video: (what) => `the film ${what} does not tell`,
      missing: (what) => `the input ${what} is missing`,
      circle: (what) => `the links around ${what} go in a circle`,
      absent: () => "it comes from a node that this ComfyUI does not have",
      none: () => "no node tells it",
    },
  },
  zh: {
    title: "GPU 状态",
    glance: ({ usedGb, totalGb, more }) =>
      `${usedGb}/${totalGb} GB${more === null ? "" : more === 0 ? " · 已满" : ` · 还可 ${more}`}`,
    glanceTip: ({ more }) =>
      more === null ? "已用显存。点击打开面板。" : `已用显存，以及还能再开的任务数：${more}。点击打开面板。`,
    open: "打开或关闭 GPU 面板",
    release: "释放显存",
    check: "这个工作流放得下吗？",
    asked: "当前任务结束后释放显存。",
    refused: (message) => `没有释放显存：${message}`,
    released: (gib) => `已释放 ${gib} GiB。`,
    failed: (message) => `释放失败：${message}`,
    waits: () => "工作流已让出显卡，正在等待空间以便继续。",
    late: ({ seconds }) => `等待 ${seconds} 秒仍没有空间：工作流不再等待，继续运行，可能会显存不足。`,
    fits: "放得下",
    "after-release": ({ gib }) => `释放后放得下（≈ ${gib} GiB）`,
    tight: "勉强",
    "no-room": ({ gib }) => `现在放不下（还差 ${gib} GiB）`,
    "will-not-fit": ({ would }) => (would === "" ? "放不下" : `放不下：${would}可以`),
    "may-not-fit": ({ would }) => (would === "" ? "可能放不下" : `可能放不下：${would}可以`),
    unknown: "尚不清楚",
    frames: (n) => `${n} 帧`,
    tiling: "分块解码",
    or: "或",
    peak: (gib) => `这样的工作流最多占用 ${gib} GiB。`,
    basis: {
      measured: "在这里实测。",
      configured: "按配置。",
      published: "按公布的数字。",
      nearest: "由在这里运行过的其他尺寸推算。",
    },
    least: (gib) => `它在这里只有 ${gib} GiB 也能运行。`,
    margin: "空闲显存落在余量之内。",
    never: "超过了空卡的显存。",
    neverByEstimate: "这超过了空卡的显存，但只是估计：它还没有在这里运行过。",
    neverRan: "这里还没有运行过类似的工作流，峰值未知。",
    weights: (gib) => `模型文件共 ${gib} GiB，是加载量的下限。`,
    unknownOf: { size: "尺寸", frames: "帧数", steps: "步数", dtype: "精度" },
    why: {
      node: (what) => `节点 ${what} 运行前无法得知`,
      file: (what) => `文件 ${what} 没有写明，或不存在`,
      video: (what) => `视频 ${what} 没有写明`,
      missing: (what) => `缺少输入 ${what}`,
      circle: (what) => `${what} 附近的连线成环`,
      absent: () => "它来自这个 ComfyUI 没有的节点",
      none: () => "没有节点说明",
    },
  },
};

export function languageOf() {
  const chosen = app.extensionManager?.setting?.get?.("Comfy.Locale") ?? navigator.language;
  return String(chosen).startsWith("zh") ? "zh" : "en";
}

export const words = () => WORDS[languageOf()];
