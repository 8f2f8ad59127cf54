import { describe, expect, test } from "vitest";
import { createMemory } from "../../../client/embedding/remember.ts";
import { readPageOptions, readToken } from "../../../client/entries/page-options.ts";
import { en } from "../../../client/i18n/en.ts";
import { gib, percent, whole, withUnit } from "../../../client/i18n/format.ts";
import { resolveLanguage } from "../../../client/i18n/use-messages.ts";
import { zhCn } from "../../../client/i18n/zh-cn.ts";
import { sparkPaths } from "../../../client/panel/gpus/Sparkline.tsx";
import { shortName } from "../../../client/panel/gpus/short-name.ts";
import { BUCKETS, bucketRows, closedBucket } from "../../../client/panel/timeline/buckets.ts";
import type { HistoryRow } from "../../../shared/history/row.ts";
import { PROBLEM_CODES } from "../../../shared/problems/codes.ts";
import { problemsEn } from "../../../shared/problems/en.ts";
import { problem } from "../../../shared/problems/make-problem.ts";
import { wordsOf } from "../../../shared/problems/problem.ts";
import { problemsZhCn } from "../../../shared/problems/zh-cn.ts";

/** Every text of a catalogue by its path. */
function texts(node: unknown, path = ""): Map<string, string> {
  if (typeof node === "string") return new Map([[path, node]]);
  return new Map(Object.entries(node ?? {}).flatMap(([key, child]) => [...texts(child, `${path}/${key}`)]));
}
const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

describe("words", () => {
  test.each([
    ["panel", en, zhCn],
    ["problems", problemsEn, problemsZhCn],
  ])(
    "PNL-5b %s: both languages say the same things, with the same figures in them",
    (_, english, chinese) => {
      const [a, b] = [texts(english), texts(chinese)];
      expect([...b.keys()]).toEqual([...a.keys()]);
      for (const [key, text] of a) {
        expect(text.trim(), key).not.toBe("");
        expect(new Set(places(b.get(key) ?? "")), key).toEqual(new Set(places(text)));
      }
    },
  );

  test("SMP-9 every problem has words and advice; a code that is not known keeps its own", () => {
    expect(Object.keys(problemsEn).sort()).toEqual([...PROBLEM_CODES].sort());
    const made = problem("no-output", { seconds: 5 });
    expect(made.message).toBe("nvidia-smi has been silent for 5 s.");
    expect(wordsOf(made, problemsZhCn).message).toContain("5 秒");
    expect(
      wordsOf({ code: "of-the-future", params: {}, message: "m", advice: "a" }, problemsZhCn),
    ).toMatchObject({ message: "m", advice: "a" });
  });

  test("PNL-2 unknown figures are dashes; nothing is full or empty before it is", () => {
    expect([gib(null), whole(null), percent(null), withUnit(null, " W")]).toEqual(["—", "—", "—", "—"]);
    expect([gib(0), gib(1536), whole(1_234_567), withUnit(0, " %")]).toEqual([
      "0.0",
      "1.5",
      "1,234,567",
      "0 %",
    ]);
    expect([0, 0.2, 50, 99.7, 100].map(percent)).toEqual(["0%", "1%", "50%", "99%", "100%"]);
  });

  test("EMB-2 the language follows the choice, else the browser", () => {
    expect(resolveLanguage("auto", ["zh-TW", "en"])).toBe("zh-CN");
    expect(resolveLanguage("auto", ["fr", "en-GB", "zh"])).toBe("en");
    expect(resolveLanguage("auto", [])).toBe("en");
    expect(resolveLanguage("zh-CN", ["en"])).toBe("zh-CN");
  });

  test("PNL-2 programs are shown without their folders", () => {
    expect(shortName("/opt/conda/bin/python /srv/main.py --x")).toBe("python /srv/main.py --x");
    expect(shortName("C:\\ComfyUI\\python.exe")).toBe("python.exe");
    expect(shortName("python")).toBe("python");
  });
});

describe("charts", () => {
  const row = (seq: number, tMs: number, mib: number | null, util: number | null): HistoryRow => ({
    fromSeq: seq,
    seq,
    tMs,
    count: 1,
    values: [mib, util, null, null],
  });
  const windowMs = 300_000;

  test("HIS-1 a bucket keeps the peak of VRAM and the mean of utilization, and there are few of them", () => {
    const rows = Array.from({ length: 900 }, (_, i) =>
      row(i + 1, i * 1000, i % 5 === 2 ? 2048 : 1024, (i % 5) * 10),
    );
    const points = bucketRows(rows, 0, closedBucket(899_000, windowMs), windowMs);
    expect(points.length).toBeLessThanOrEqual(BUCKETS + 1);
    expect(points.at(-1)).toEqual({ tMs: 892_500, vramGib: 2, utilizationPct: 20, temperatureC: null });
  });

  test("HIS-3 a gap breaks the lines of chart and sparkline; unknown figures too", () => {
    const rows = [
      row(1, 0, 1024, 1),
      row(2, 5000, 1024, 1),
      row(9, 20_000, 1024, 1),
      row(10, 25_000, null, 1),
      row(11, 30_000, 1024, 1),
    ];
    const points = bucketRows(rows, 0, closedBucket(40_000, windowMs), windowMs);
    expect(points.map(({ vramGib }) => vramGib)).toEqual([1, 1, null, 1, null, 1]);
    expect(sparkPaths(rows, 0, 2048, 30_000).line.match(/M/g)).toHaveLength(3);
    expect(sparkPaths(rows, 1, 100, 30_000).line.match(/M/g)).toHaveLength(2);
    expect(sparkPaths([], 0, 1, 0)).toEqual({ line: "", area: "" });
  });
});

describe("the page", () => {
  test("EMB-1 the address says what is shown; what does not exist is left out", () => {
    expect(readPageOptions("?view=bar&theme=dark&lang=zh-CN&gpu=0,%201,x&model=m")).toEqual({
      view: "bar",
      theme: "dark",
      lang: "zh-CN",
      gpus: [0, 1],
      model: "m",
    });
    expect(readPageOptions("?view=round&theme=&lang=de&gpu=")).toEqual({
      view: null,
      theme: null,
      lang: null,
      gpus: null,
      model: null,
    });
  });

  test("SEC-3 the token is taken from the fragment", () => {
    expect(readToken("#token=a-b_c")).toBe("a-b_c");
    expect(readToken("")).toBeNull();
  });

  test("EMB-1c where storage is blocked, choices last as long as the page", () => {
    const memory = createMemory(() => {
      throw new Error("SecurityError");
    });
    memory.set("theme", "dark");
    expect([memory.get("theme"), memory.get("lang")]).toEqual(["dark", null]);
  });
});
