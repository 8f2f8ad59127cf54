// Loaded into a sidecar by NODE_OPTIONS: on SIGUSR2 it collects garbage and writes into the file of SOAK_PROBE what is left.
import { writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

process.on("SIGUSR2", () => {
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  const timers = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  writeFileSync(process.env.SOAK_PROBE, JSON.stringify({ heapUsed, external, rss, timers }));
});
