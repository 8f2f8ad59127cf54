import { test } from "vitest";
import { groupSurvivesKill } from "../helpers/group-crowd.ts";

test(
  "GRP-10c five hundred that ask for room anywhere at once, one of three hosts killed in the middle",
  {
    timeout: 900_000,
  },
  () => groupSurvivesKill(500),
);
