// Loaded into a sidecar by NODE_OPTIONS: on SIGUSR2 it collects garbage and writes into the file of SOAK_PROBE what is left.
import { writeFileSync } from "node:fs";
import { setFlagsFromString, writeHeapSnapshot } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");
const { SOAK_PROBE } = process.env;

process.on("SIGUSR2", () => {
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  const active = process.getActiveResourcesInfo();
  const timers = active.filter((name) => name === "Timeout").length;
  writeFileSync(
    SOAK_PROBE,
    JSON.stringify({ heapUsed, external, rss, timers, handles: active.length - timers }),
  );
});
// Thing by thing, beside that file.
process.on("SIGWINCH", () => writeHeapSnapshot(`${SOAK_PROBE}.${Date.now()}.heapsnapshot`));
