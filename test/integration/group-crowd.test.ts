import { test } from "vitest";
import { groupSurvivesKill } from "../helpers/group-crowd.ts";

test("GRP-10c twenty that ask for room anywhere, one of three hosts killed in the middle", () =>
  groupSurvivesKill(20));
