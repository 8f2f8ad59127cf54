import * as v from "valibot";
import { isBlockedPort } from "./blocked-ports.ts";

/** A whole number, given as one or as its digits. */
export const wholeNumber = (what: string, least: number, most: number) =>
  v.pipe(
    v.union(
      [v.number(), v.pipe(v.string(), v.regex(/^\d+$/, `${what} is a whole number`), v.transform(Number))],
      `${what} is a whole number`,
    ),
    v.integer(`${what} is a whole number`),
    v.minValue(least, `${what} is at least ${least}`),
    v.maxValue(most, `${what} is at most ${most}`),
  );

/** A list, given as one or as its parts with commas between them. */
export const list = v.union([
  v.array(v.string()),
  v.pipe(
    v.string(),
    v.transform((text) =>
      text
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== ""),
    ),
  ),
]);

export const httpUrl = v.pipe(
  v.string(),
  v.check((text) => isHttpUrl(text), "a URL that begins with http:// or https://"),
  v.check((text) => {
    if (!URL.canParse(text)) return true;
    const { username, password, hash } = new URL(text);
    return username === "" && password === "" && hash === "";
  }, "a URL without user, password and #: log-ins have settings of their own in the config file"),
  v.check(
    (text) => !URL.canParse(text) || !isBlockedPort(Number(new URL(text).port)),
    "a URL with another port: browsers and HTTP clients refuse this one, which is kept for another service (ssh, mail, X11 …). Have what listens there take another",
  ),
);

export const origin = v.pipe(
  v.string(),
  v.check(
    (text) => text === "*" || (isHttpUrl(text) && new URL(text).origin === text),
    "an origin such as https://webui.example:8080, without a path, or *",
  ),
);

function isHttpUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}
