import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createFakeNvidiaSmi, type FakeNvidiaSmi, type FakeScript } from "./fake-nvidia-smi.ts";
import { connectPanel, type PanelClient, type PanelClientOptions } from "./panel-client.ts";
import { type RunningSidecar, startSidecar } from "./sidecar.ts";
import { type HookBehaviour, startUnloadHook, type UnloadHook } from "./unload-hook.ts";

/** What one test has running; all of it is ended by `close`. */
export interface Rig {
  fake: FakeNvidiaSmi;
  hook: UnloadHook;
  sidecar: RunningSidecar;
  connect(options?: PanelClientOptions): PanelClient;
  close(): Promise<void>;
}

export interface RigOptions {
  script?: Partial<FakeScript>;
  /** What the unload hook does; it accepts and frees nothing by default. */
  hook?: (fake: FakeNvidiaSmi) => HookBehaviour;
  /** How long the sidecar waits for the hook. */
  hookTimeoutMs?: number;
  flags?: readonly string[];
  env?: NodeJS.ProcessEnv;
}

/** The built sidecar between a fake nvidia-smi and a real unload hook. */
export async function startRig({
  script,
  hook,
  hookTimeoutMs = 10_000,
  flags = [],
  env = {},
}: RigOptions = {}): Promise<Rig> {
  const fake = createFakeNvidiaSmi(script);
  const unloadHook = await startUnloadHook(hook?.(fake) ?? ((response) => response.writeHead(204).end()));
  const config = join(fake.dir, "gpu-panel.config.json");
  const backend = { kind: "http", url: unloadHook.url, timeoutMs: hookTimeoutMs };
  writeFileSync(config, JSON.stringify({ interval: 250, backends: [backend] }));
  const sidecar = await startSidecar(["--config", config, ...flags], { ...fake.env, ...env });
  const clients: PanelClient[] = [];
  return {
    fake,
    hook: unloadHook,
    sidecar,
    connect(options) {
      const client = connectPanel(sidecar.url, options);
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) client.close();
      await sidecar.end("SIGTERM");
      await unloadHook.close();
      fake.dispose();
    },
  };
}
