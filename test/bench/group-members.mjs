// So many hosts of a group, each with eight demo GPUs, in this one process by the built package; prints "ready".
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSidecar } from "../../dist/server/library.js";

const [redisUrl, secret, count] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "gpu-panel-bench-group-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
process.once("SIGTERM", () => process.exit(0));

for (let i = 1; i <= Number(count); i++) {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await createSidecar({
    ...{ server, source: "demo:8", findBackends: false, dataDir: join(folder, `host${i}`) },
    ...{ redisUrl, group: "bench", groupSecret: secret, hostName: `node${i}` },
    address: `http://127.0.0.1:${port}/gpu/`,
    // Every second, as of a host that works: a log keeps the rate.
    logJsonl: join(folder, `host${i}.jsonl`),
  });
}
process.stdout.write("ready\n");
