import type { ProfileWords } from "./words.ts";

/** Phrases of the built-in profiles' names and sources, which come from the sidecar in English. */
const PHRASES: readonly (readonly [phrase: RegExp, text: string])[] = [
  [/^field report, /, "用户实测，"],
  [/, one 48 GB card/, "，48 GB 单卡"],
  [/CogVideoX-2b, A10/, "CogVideoX-2b，A10"],
  [/, (\d+) steps$/, "，$1 步"],
  [/; peak of the second hump, after the low-noise model has loaded$/, "；第二个峰值，低噪声模型加载之后"],
  [/README, table of computational efficiency/, "README 的计算效率表"],
  [/README, model table/, "README 的模型表"],
  [/, (RTX 4090|\d+ × H800)/, "，$1"],
  [/ \((\d[\d.]* GB)(?: each)?\)$/, "（$1）"],
  [/ (\d+) frames/, " $1 帧"],
  [/ · quantized$/, " · 量化"],
  [/ · offloaded$/, " · 卸载到内存"],
  [/ · tuned$/, " · 调优"],
  [/ · default$/, " · 默认"],
  [/ · two models$/, " · 双模型"],
  [/ · (\d+) GPUs$/, " · $1 块 GPU"],
];

const say = (text: string) => PHRASES.reduce((said, [phrase, to]) => said.replace(phrase, to), text);

export const profilesZhCn: ProfileWords = (profile) => ({
  ...profile,
  label: say(profile.label),
  ...(profile.source === undefined ? {} : { source: say(profile.source) }),
});
