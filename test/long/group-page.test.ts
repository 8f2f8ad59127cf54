import { describe, test } from "vitest";
import { pageFollowsGroup } from "../helpers/group-page.ts";
import { inBrowser } from "../helpers/in-browser.ts";

const { browser } = inBrowser();

describe("three hosts over a real Redis, in a page", () => {
  test("GRP-4b GRP-7 GRP-7b Redis killed for half a minute, and back without its data", () =>
    pageFollowsGroup(browser, { awayMs: 30_000, keepsData: false }));

  test("GRP-4b GRP-7 GRP-7b Redis killed for half a minute, and back with what it held", () =>
    pageFollowsGroup(browser, { awayMs: 30_000, keepsData: true }));
});
