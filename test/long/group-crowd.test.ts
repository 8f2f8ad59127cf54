import { inject, test } from "vitest";
import { groupSurvivesKill } from "../helpers/group-crowd.ts";

/** In the short form a fifth of them. */
const ASKERS = inject("runs") > 3 ? 500 : 100;

test(
  "GRP-10c hundreds that ask for room anywhere at once, one of three hosts killed in the middle",
  {
    timeout: 900_000,
  },
  () => groupSurvivesKill(ASKERS),
);
