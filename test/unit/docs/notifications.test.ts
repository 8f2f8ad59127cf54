import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { EVENTS, NOTIFY_KINDS, notifySchema } from "../../../server/config/notify-options.ts";

const page = readFileSync(new URL("../../../docs/notifications.md", import.meta.url), "utf8");
const lines = page.split("\n");
const names = (text = "") => [...text.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
const row = (setting: string) => lines.find((line) => line.startsWith(`| \`${setting}\``)) ?? "";

test("docs/notifications.md has every kind of receiver, and every event", () => {
  expect(names(row("kind")).slice(1)).toEqual([...NOTIFY_KINDS]);
  expect(names(row("events").split("|")[3])).toEqual([...EVENTS]);
});

test("docs/notifications.md has every setting of every kind", () => {
  const real = new Set(notifySchema.options.flatMap(({ entries }) => Object.keys(entries)));
  const start = lines.findIndex((line) => line.startsWith("| setting |")) + 2;
  const told = lines.slice(start, lines.indexOf("", start)).map((line) => names(line)[0]);
  expect(told.sort()).toEqual([...real].sort());
});
