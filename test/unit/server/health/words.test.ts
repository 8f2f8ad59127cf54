import { describe, expect, test } from "vitest";
import { RULES } from "../../../../shared/health/alert.ts";
import { alertsEn } from "../../../../shared/health/en.ts";
import { wordsOfAlert } from "../../../../shared/health/words.ts";
import { alertsZhCn } from "../../../../shared/health/zh-cn.ts";

const places = (text: string) =>
  [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))].sort();

describe("the words of alerts", () => {
  test.each(RULES)("HLT-5 %s: what is seen, since when, and what to do, in both languages", (rule) => {
    const [en, zh] = [alertsEn.rules[rule], alertsZhCn.rules[rule]];
    expect(places(zh.message)).toEqual(places(en.message));
    expect(places(en.message)).toContain("since");
    expect(places(en.advice + zh.advice)).toEqual([]);
    expect(en.message).not.toMatch(/[.。]$/);
    expect(en.advice).toMatch(/^[a-z].*\.$/);
    expect(zh.message).toMatch(/[\u4e00-\u9fff]/);
    expect(zh.advice).toMatch(/[\u4e00-\u9fff].*。$/);
  });

  test("HLT-5 the place and an unknown process are told in the language, and a newer rule in its own words", () => {
    const params = { where: "container", process: "", gpu: 0, jobs: 3, mib: 90, gib: "1.0", percent: 98 };
    const alert = { rule: "host-memory", params, message: "m", advice: "a" };
    expect(wordsOfAlert(alert, alertsZhCn, "14:03").message).toBe("自 14:03 起，容器内存（1.0 GiB）已用 98%");
    expect(wordsOfAlert({ ...alert, rule: "leak" }, alertsEn, "14:03").message).toContain(
      alertsEn.someProcess,
    );
    expect(wordsOfAlert({ ...alert, rule: "of-the-future" }, alertsZhCn, "14:03")).toMatchObject({
      message: "m",
    });
  });
});
