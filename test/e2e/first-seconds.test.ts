import { testFirstSeconds } from "../helpers/first-seconds.ts";

// The whole minute is in test/long.
testFirstSeconds(12);
