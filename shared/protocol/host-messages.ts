import * as v from "valibot";

/** Names of the messages between the `/embed` page and the page that frames it. */
export const HOST_MESSAGE = {
  resize: "gpu-status-panel:resize",
  state: "gpu-status-panel:state",
  theme: "gpu-status-panel:theme",
  lang: "gpu-status-panel:lang",
} as const;

export const THEMES = ["auto", "light", "dark"] as const;
export const LANGUAGES = ["auto", "en", "zh-CN"] as const;
export const VIEWS = ["full", "compact", "bar"] as const;
export type ThemeChoice = (typeof THEMES)[number];
export type LanguageChoice = (typeof LANGUAGES)[number];
export type View = (typeof VIEWS)[number];

/** What the host page may tell the panel. */
export const hostToPanelSchema = v.variant("type", [
  v.object({ type: v.literal(HOST_MESSAGE.theme), theme: v.picklist(THEMES) }),
  v.object({ type: v.literal(HOST_MESSAGE.lang), lang: v.picklist(LANGUAGES) }),
]);
