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

const hostToPanelSchema = v.variant("type", [
  v.object({ type: v.literal(HOST_MESSAGE.theme), theme: v.picklist(THEMES) }),
  v.object({ type: v.literal(HOST_MESSAGE.lang), lang: v.picklist(LANGUAGES) }),
]);

/** What the host page tells the panel, or `null` when it is something else: pages get many messages. */
export function parseHostMessage(data: unknown): v.InferOutput<typeof hostToPanelSchema> | null {
  const parsed = v.safeParse(hostToPanelSchema, data);
  return parsed.success ? parsed.output : null;
}
