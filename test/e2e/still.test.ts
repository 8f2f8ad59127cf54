import { testStillness } from "../helpers/stays-still.ts";

testStillness(0);
