// What a sidecar in the test's process is made of; `build-sidecar-parts.ts` puts it into one file.
export { urlOf } from "../../server/binding/who-has-port.ts";
export { optionsSchema, testOptionsSchema } from "../../server/config/options.ts";
export { readOptions } from "../../server/config/read-options.ts";
export { readTimeScale } from "../../server/config/time-scale.ts";
export { createBareServer } from "../../server/http/http-server.ts";
export { createSidecar } from "../../server/sidecar.ts";
export { scaleTimings, TIMINGS } from "../../server/timings.ts";
