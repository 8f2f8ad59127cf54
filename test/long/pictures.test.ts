import { inject } from "vitest";
import { everyStateLooksAsKept, type Look, nameOf } from "../helpers/every-state.ts";

const WIDTHS = [180, 260, 320, 480, 800, 1280, 1600, 2560];
/** In the short form: at widths, in themes and languages that `npm test` has not. */
const SHARE = new Set([
  ...["full-800-dark-en", "compact-480-light-zh-CN", "compact-180-light-zh-CN"],
  ...["bar-800-light-zh-CN", "bar-1280-dark-zh-CN"],
]);

const looks: Look[] = ["full", "compact", "bar"].flatMap((view) =>
  WIDTHS.flatMap((width) =>
    ["light", "dark"].flatMap((theme) => ["en", "zh-CN"].map((lang) => ({ view, width, theme, lang }))),
  ),
);
const isWhole = inject("runs") > 3;

everyStateLooksAsKept(looks.filter((look) => isWhole || SHARE.has(nameOf(look))));
