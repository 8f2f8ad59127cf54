import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BackendOptions } from "../../server/config/backend-options.ts";
import type { Timings } from "../../server/timings.ts";
import { FAKE_BACKENDS } from "../fixtures/backends/all.ts";
import type { FakeBackend } from "../fixtures/backends/fake-backend.ts";
import { createFakeNvidiaSmi, type FakeNvidiaSmi, type FakeScript } from "./fake-nvidia-smi.ts";
import { connectPanel, type PanelClient, type PanelClientOptions } from "./panel-client.ts";
import { type RunningSidecar, SCALE, startSidecar, TIME_SCALE } from "./sidecar.ts";
import { startSidecarHere } from "./sidecar-here.ts";
import { type HookBehaviour, startUnloadHook, type UnloadHook } from "./unload-hook.ts";

/** What one test has running; all of it is ended by `close`. */
export interface Rig {
  fake: FakeNvidiaSmi;
  hook: UnloadHook;
  /** The fake of a kind that was asked for. */
  backend(kind: BackendOptions["kind"]): FakeBackend;
  sidecar: RunningSidecar;
  /** Ends the sidecar and starts it again with the same config and data. */
  restart(): Promise<RunningSidecar>;
  /** Kills the sidecar, which cannot help it, and starts it again on the same port with the same config and data. */
  crash(meanwhile?: () => void): Promise<RunningSidecar>;
  connect(options?: PanelClientOptions): PanelClient;
  close(): Promise<void>;
}

export interface RigOptions {
  script?: Partial<FakeScript>;
  /** What the unload hook does; it accepts and frees nothing by default. */
  hook?: (fake: FakeNvidiaSmi) => HookBehaviour;
  /** What the hook says of itself; nothing by default. */
  hookStatus?: () => unknown;
  /** How long the sidecar waits for the hook. */
  hookTimeoutMs?: number;
  /** Fakes of these kinds in place of the hook; `onUnload` is what happens when their models leave VRAM. */
  backends?: readonly BackendOptions["kind"][];
  onUnload?: (kind: BackendOptions["kind"], fake: FakeNvidiaSmi) => void;
  /** More settings for the config file. */
  settings?: Readonly<Record<string, unknown>>;
  /** Settings that name the rig's own folder. */
  late?: (dir: string) => Readonly<Record<string, unknown>> | undefined;
  flags?: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** Other waiting times than the scaled ones: for a sidecar in the test's process. */
  timings?: ((scaled: Timings) => Timings) | undefined;
  /** The sidecar of an installed package. */
  program?: string;
  /** The built sidecar as a process of its own: where the test kills it, or is about the process. */
  own?: boolean;
}

/** Samples of a rig come so often, and those who watch get every one. */
export const RIG_INTERVAL_MS = 200;

/** What this machine does beside a test must not show in it. */
export const QUIET_HOST = {
  "cpu-load": false,
  "cpu-limit": false,
  "host-memory": false,
  "process-killed": false,
};

/** The sidecar, in this process unless it is asked for otherwise, between a fake nvidia-smi and a real unload hook. */
export async function startRig({
  script,
  hook,
  hookStatus,
  hookTimeoutMs = 10_000,
  backends: kinds = [],
  onUnload = () => {},
  settings: more = {},
  late = () => ({}),
  flags = [],
  env = {},
  timings,
  program,
  own = program !== undefined,
}: RigOptions = {}): Promise<Rig> {
  const fake = createFakeNvidiaSmi(script);
  const behave: HookBehaviour = hook?.(fake) ?? ((response) => response.writeHead(204).end());
  const unloadHook = await startUnloadHook(behave, hookStatus);
  const config = join(fake.dir, "gpu-panel.config.json");
  const fakes = new Map<string, FakeBackend>();
  for (const kind of kinds) {
    const start = FAKE_BACKENDS[kind];
    if (start === undefined) throw new Error(`there is no fake ${kind}`);
    fakes.set(kind, await start(() => onUnload(kind, fake)));
  }
  const hookOptions = { kind: "http", url: unloadHook.url, timeoutMs: hookTimeoutMs };
  const listed = [...fakes].map(([kind, { url, options }]) => ({
    kind,
    url,
    timeoutMs: hookTimeoutMs,
    ...options,
  }));
  const settings = {
    interval: RIG_INTERVAL_MS,
    releasePatience: 2500,
    alerts: QUIET_HOST,
    backendInterval: 250,
    // What else runs on the machine of the test is none of its business.
    findBackends: false,
    backends: kinds.length === 0 ? [hookOptions] : listed,
    ...more,
    ...late(fake.dir),
  };
  writeFileSync(config, JSON.stringify(settings));
  const start = (...more: string[]) => {
    const all = ["--config", config, ...flags, ...more];
    const surroundings = {
      ...fake.env,
      GPU_PANEL_DATA_DIR: join(fake.dir, "data"),
      [TIME_SCALE]: String(SCALE),
      ...env,
    };
    if (own && timings !== undefined) throw new Error("a process of its own takes no waiting times");
    return own ? startSidecar(all, surroundings, program) : startSidecarHere(all, surroundings, timings);
  };
  let sidecar = await start();
  const clients: PanelClient[] = [];
  return {
    fake,
    hook: unloadHook,
    backend(kind) {
      const found = fakes.get(kind);
      if (found === undefined) throw new Error(`no ${kind} was asked for`);
      return found;
    },
    get sidecar() {
      return sidecar;
    },
    async restart() {
      await sidecar.end("SIGTERM");
      sidecar = await start();
      return sidecar;
    },
    async crash(meanwhile = () => {}) {
      if (!own) throw new Error("what shall crash has to have a process of its own: `own: true`");
      const { port } = new URL(sidecar.url);
      await sidecar.end("SIGKILL");
      meanwhile();
      sidecar = await start("--port", port);
      return sidecar;
    },
    connect(options) {
      const client = connectPanel(sidecar.url, options);
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) client.close();
      await sidecar.end("SIGTERM");
      for (const one of fakes.values()) await one.close();
      await unloadHook.close();
      fake.dispose();
    },
  };
}
