import { testFirstSeconds } from "../helpers/first-seconds.ts";

testFirstSeconds(60);
