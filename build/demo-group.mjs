// `npm run demo:group`: a Redis and three sidecars with demo GPUs that share it, until Ctrl+C.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argv, exit, stderr, stdout } from "node:process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../dist/server/main.js", import.meta.url));
const FIRST_PORT = Number(argv[2] ?? 7871);
const GPUS = [2, 4, 8];

if (spawnSync("redis-server", ["--version"]).status !== 0) {
  stderr.write("npm run demo:group needs a Redis: sudo apt-get install -y redis-server\n");
  exit(1);
}

const folder = mkdtempSync(join(tmpdir(), "gpu-panel-demo-group-"));
const children = [];
let ending = false;

function end(code) {
  if (ending) return;
  ending = true;
  for (const child of children) child.kill("SIGTERM");
  Promise.all(children.map((child) => child.ended)).then(() => {
    rmSync(folder, { recursive: true, force: true });
    exit(code);
  });
}

function start(command, args, env = {}) {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  child.ended = new Promise((resolve) => {
    child.once("exit", resolve);
    child.once("error", resolve);
  });
  // One that ends by itself has said why.
  child.ended.then(() => end(1));
  children.push(child);
}

/** A port that nobody has; 0: any. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

process.once("SIGINT", () => end(0));
process.once("SIGTERM", () => end(0));
const redis = await freePort();
start("redis-server", ["--port", `${redis}`, "--bind", "127.0.0.1", "--save", "", "--dir", folder]);
for (const [i, gpus] of GPUS.entries()) {
  const port = FIRST_PORT + i;
  const name = `gpu${i + 1}`;
  start(process.execPath, [MAIN, "--port", `${port}`, "--source", `demo:${gpus}`, "--host-name", name], {
    GPU_PANEL_REDIS_URL: `redis://127.0.0.1:${redis}`,
    GPU_PANEL_GROUP: "demo",
    GPU_PANEL_GROUP_SECRET: "a secret for a demo alone",
    GPU_PANEL_DATA_DIR: join(folder, name),
  });
  stdout.write(`${name}, ${gpus} demo GPUs: http://127.0.0.1:${port}\n`);
}
stdout.write(`All of them: http://127.0.0.1:${FIRST_PORT}/api/v1/group\nCtrl+C ends them.\n`);
