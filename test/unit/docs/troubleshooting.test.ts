import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { problemsEn } from "../../../shared/problems/en.ts";
import { problemsZhCn } from "../../../shared/problems/zh-cn.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const SAID = ["shared/problems", "shared/health", "client/i18n", "server", "python"]
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(?:ts|mjs|py)$/.test(file))
      .map((file) => read(join(folder, file))),
  )
  .concat(read("client/index.html"))
  .join("\n");
/** Rows of the tables: what is seen, why, and what helps. */
const rowsOf = (page: string) =>
  read(page)
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| (?:you see|现象)/.test(line))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));

test.each(["docs/troubleshooting.md", "docs/troubleshooting.zh-CN.md"])(
  "%s quotes what the product says, and every line has a cause and what to do",
  (page) => {
    const rows = rowsOf(page);
    expect(rows.length).toBeGreaterThan(30);
    const unsaid = rows.flatMap(([, seen = ""]) =>
      [...seen.matchAll(/["“]([^"”]+)["”]/g)]
        .flatMap(([, quote = ""]) => quote.split(/ ?… ?|[（(].*|\d+/))
        .map((piece) => piece.trim())
        .filter((piece) => piece.length > 3 && !SAID.includes(piece)),
    );
    expect(unsaid).toEqual([]);
    for (const [, seen, cause = "", todo = ""] of rows)
      expect([seen, cause !== "", todo !== ""]).toEqual([seen, true, true]);
  },
);

test("both pages have the same lines", () => {
  expect(rowsOf("docs/troubleshooting.zh-CN.md")).toHaveLength(rowsOf("docs/troubleshooting.md").length);
});

/** Answers to what somebody has just done, which say all there is to say. */
const ANSWERS: readonly string[] = [
  ...[
    "host-unknown",
    "host-unreachable",
    "no-host",
    "unknown-session",
    "too-many-sessions",
    "replaying",
    "no-replay",
    "mode-unsupported",
    "unknown-backend",
  ],
  ...[
    "sidecar-closing",
    "nothing-loaded",
    "release-cancelled",
    "cancelled-partly",
    "not-waiting",
    "not-announced",
    "no-home",
    "preparing",
  ],
  ...["left-to-backend", "unknown-profile", "releasing", "list-awaited", "job-ended", "too-many-waiting"],
  ...["alert-over", "bad-request", "body-too-large", "not-found", "method-not-allowed"],
];

test.each([
  ["docs/troubleshooting.md", problemsEn],
  ["docs/troubleshooting.zh-CN.md", problemsZhCn],
] as const)("%s has a line for every problem that a person may meet", (page, problems) => {
  const quotes = rowsOf(page).flatMap(([, seen = ""]) =>
    [...seen.matchAll(/["“]([^"”]+)["”]/g)].map(([, quote = ""]) =>
      quote.split(/ ?… ?|[（(].*|\d+/).filter((piece) => piece.length > 3),
    ),
  );
  const isQuoted = (message: string) =>
    quotes.some((pieces) => pieces.length > 0 && pieces.every((piece) => message.includes(piece.trim())));
  const missing = Object.entries(problems).filter(
    ([code, { message }]) => !ANSWERS.includes(code) && !isQuoted(message),
  );
  expect(missing.map(([code]) => code)).toEqual([]);
});
