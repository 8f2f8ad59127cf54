import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type FakeScript, fakeScript } from "./fake-nvidia-smi.ts";
import { NODE_FOLDER } from "./find-private-machine.ts";
import { lightNvidiaSmi } from "./light-nvidia-smi.ts";
import { listen } from "./listen.ts";
import { scriptText } from "./nvidia-smi-script.ts";
import { npm } from "./packed-package.ts";
import { waitUntil } from "./wait-until.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FIXTURES = join(ROOT, "test/fixtures");
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** Where its nvidia-smi lies. */
const FAKE_GPU = "/usr/lib/fake-gpu";

/** Where the machine sees this project, read-only. */
export const CLONE = "/srv/gpu-status-panel";

/**
 * A machine of a test's own on this one's files, with Node 22 in `/usr/local` and a scripted nvidia-smi: for what a
 * README has root do. This machine is left as it was.
 */
export interface PrivateMachine {
  /** Runs shell commands in it, as root from root's home, and returns what they printed; rejects where they fail. */
  run(commands: string): Promise<string>;
  /** Leads, from this machine, to what listens at the panel's usual address in that one. */
  url: string;
  /** What the scripted nvidia-smi does from now on. */
  script(patch: Partial<FakeScript>): Promise<void>;
  close(): Promise<void>;
}

export interface MachineOptions {
  /** `booted`: the program is its first process, an init. */
  how: "plain" | "booted";
  program: readonly [path: string, ...args: string[]];
  /** The name under which the program is then found. */
  name: string;
  /** Folders whose files it has besides. */
  layers?: readonly string[];
  /** Files of this machine that lie in root's home there. */
  files?: readonly string[];
  /** Fails until the machine is ready. */
  ready: string;
}

/** Starts a machine; whoever calls it has looked whether `machineLacks` is empty. */
export async function startPrivateMachine(options: MachineOptions): Promise<PrivateMachine> {
  const own = mkdtempSync(join(tmpdir(), "gpu-panel-layer-"));
  await makeOwnLayer(own);
  for (const file of options.files ?? []) cpSync(file, join(own, "root", basename(file)));
  const layers = [NODE_FOLDER, ...(options.layers ?? []), own].join(":");
  const args = [join(FIXTURES, "private-machine/machine.sh"), options.how, layers, `${ROOT}:${CLONE}`];
  const child = spawn("sh", [...args, ...options.program], {
    env: { PATH },
    stdio: ["pipe", "pipe", "pipe"],
    // Ctrl+C is for the tests; this one ends when they close its input, and tidies up.
    detached: true,
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said = `${said}${text}`.slice(-10_000);
    });
  }
  let over = false;
  const ended = new Promise<void>((resolve) =>
    child.once("exit", () => {
      over = true;
      resolve();
    }),
  );

  const inside = () => findBelow(child.pid ?? 0, options.name);
  const run = async (commands: string) => {
    const pid = inside();
    if (pid === null) throw new Error(`there is no ${options.name}; the machine said: ${said}`);
    const enter = ["--target", String(pid), "--all", "--root", "env", "-i", `PATH=${PATH}`, "HOME=/root"];
    const shell = ["sh", "-euc", `cd; ${commands}`];
    try {
      const { stdout } = await promisify(execFile)("nsenter", [...enter, ...shell], { maxBuffer: 2 ** 26 });
      return stdout;
    } catch (error) {
      // The error's own message ends with what was said on standard error only.
      const out = error instanceof Error && "stdout" in error ? String(error.stdout) : "";
      throw new Error(`${error}\n${out.slice(-5000)}`, { cause: error });
    }
  };
  const script = async (patch: Partial<FakeScript>) => {
    const text = scriptText(fakeScript(patch), `${FAKE_GPU}/fields`);
    const file = `${FAKE_GPU}/script.tsv`;
    await run(`cat >${file}.new <<'END'\n${text}END\nmv ${file}.new ${file}`);
  };
  const wayIn = startWayIn(inside);
  const port = await listen(wayIn);
  const close = async () => {
    wayIn.close();
    child.stdin.end();
    await ended;
    rmSync(own, { recursive: true, force: true });
  };
  try {
    let last: unknown;
    await waitUntil(
      async () => {
        if (over) throw new Error(`the machine ended and said: ${said}`);
        return run(options.ready).then(
          () => true,
          (error) => {
            last = error;
            return false;
          },
        );
      },
      {
        what: () => `${options.program[0]}: ${last}; the machine said: ${said}`,
        timeoutMs: 60_000,
        everyMs: 100,
      },
    );
  } catch (error) {
    await close();
    throw error;
  }
  return {
    run,
    script,
    close,
    url: `http://127.0.0.1:${port}/`,
  };
}

/** Leads connections of this machine to port 7870 of the network that the process `inside()` is in. */
function startWayIn(inside: () => number | null) {
  const through = `const socket = require("node:net").connect(7870, "127.0.0.1");
    process.stdin.pipe(socket).pipe(process.stdout);
    socket.on("error", () => process.exit(1));`;
  return createServer((connection) => {
    const enter = ["--target", String(inside() ?? "gone"), "--net", process.execPath, "-e", through];
    const { stdin, stdout } = spawn("nsenter", enter, { stdio: ["pipe", "pipe", "ignore"] });
    connection.pipe(stdin);
    stdout.pipe(connection);
    // Either end may go first.
    for (const stream of [connection, stdin, stdout]) stream.on("error", () => connection.destroy());
    connection.on("close", () => stdin.end());
    stdout.on("end", () => connection.destroySoon());
  });
}

/** Its nvidia-smi, the stand-in of NVIDIA's toolkit, and npm's settings of this machine. */
async function makeOwnLayer(folder: string) {
  const gpu = join(folder, FAKE_GPU);
  mkdirSync(gpu, { recursive: true });
  cpSync(lightNvidiaSmi(), join(gpu, "nvidia-smi"));
  cpSync(join(FIXTURES, "nvidia-smi/fields"), join(gpu, "fields"), { recursive: true });
  writeFileSync(join(gpu, "script.tsv"), scriptText(fakeScript(), `${FAKE_GPU}/fields`));
  // Whoever calls it may not write there, and nobody reads it.
  symlinkSync("/dev/null", join(gpu, "starts.jsonl"));
  const bin = join(folder, "usr/bin");
  mkdirSync(bin);
  const call = `FAKE_NVIDIA_SMI_DIR=${FAKE_GPU} exec ${FAKE_GPU}/nvidia-smi`;
  writeFileSync(join(bin, "nvidia-smi"), `#!/bin/sh\n${call} "$@"\n`, { mode: 0o755 });
  const hook = "nvidia-container-runtime-hook";
  writeFileSync(join(bin, hook), readFileSync(join(FIXTURES, `private-machine/${hook}.mjs`)), {
    mode: 0o755,
  });

  const etc = join(folder, "usr/local/etc");
  mkdirSync(etc, { recursive: true });
  const settings = JSON.parse(await npm(["config", "list", "--json"], folder)) as Record<string, unknown>;
  const lines = ["registry", "proxy", "https-proxy"]
    .filter((name) => typeof settings[name] === "string")
    .map((name) => `${name}=${settings[name]}`);
  if (typeof settings.cafile === "string") {
    cpSync(settings.cafile, join(etc, "npm-ca.crt"));
    lines.push("cafile=/usr/local/etc/npm-ca.crt");
  }
  writeFileSync(join(etc, "npmrc"), `${lines.join("\n")}\n`);
}

/** The process of this name nearest to `pid` among those below it. */
function findBelow(pid: number, name: string): number | null {
  const read = (path: string) => {
    try {
      return readFileSync(`/proc/${path}`, "utf8");
    } catch {
      return "";
    }
  };
  let row = [pid];
  while (row.length > 0) {
    const found = row.find((each) => read(`${each}/comm`).trim() === name);
    if (found !== undefined) return found;
    row = row.flatMap((each) => read(`${each}/task/${each}/children`).split(" ").filter(Boolean).map(Number));
  }
  return null;
}
