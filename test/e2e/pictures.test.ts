import { everyStateLooksAsKept } from "../helpers/every-state.ts";

everyStateLooksAsKept([
  { view: "full", width: 1280, theme: "light", lang: "en" },
  { view: "full", width: 320, theme: "dark", lang: "zh-CN" },
  { view: "compact", width: 260, theme: "dark", lang: "en" },
  { view: "compact", width: 180, theme: "light", lang: "zh-CN" },
  { view: "bar", width: 1280, theme: "dark", lang: "zh-CN" },
  { view: "bar", width: 320, theme: "light", lang: "en" },
]);
