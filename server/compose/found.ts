import type { Server } from "node:http";
import { join } from "node:path";
import { isLoopbackHost } from "../../shared/protocol/origins.ts";
import type { FolderHold } from "../data/folder-hold.ts";
import { askPort } from "../found/ask.ts";
import { createFinder, type Finder } from "../found/finder.ts";
import { createFoundBackends, type FoundBackends } from "../found/found-backends.ts";
import { portsOf } from "../found/ports-of.ts";
import { createFoundStore } from "../found/record.ts";
import { steadyMs } from "../lib/clock.ts";
import type { Disposer } from "../lib/disposer.ts";
import { isRunning } from "../lib/is-running.ts";
import type { BackendList } from "../release/backend-list.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { Timings } from "../timings.ts";

export interface FoundArea extends FoundBackends {
  finder: Finder;
}

/** @param isReal false on the demo machine and on a recording, or where it is not wanted: nothing is looked for, nor kept */
export function composeFound(parts: {
  disposer: Disposer;
  isReal: boolean;
  folder: string;
  hold: FolderHold;
  list: BackendList;
  sampler: Pick<Sampler, "latest">;
  server: Server;
  timings: Timings;
  complain(message: string): void;
}): FoundArea {
  const { list, sampler, timings } = parts;
  const { greetingMs } = timings.patience;
  const gpus = () => sampler.latest().gpus;
  const taken = () => takenPorts(parts.server, list);
  const finder = createFinder({
    gpus: parts.isReal ? gpus : () => [],
    portsOf,
    taken,
    ask: async ({ port, kinds }, signal) =>
      parts.isReal ? askPort(port, kinds, { greetingMs, signal }) : null,
    isRunning,
    nowMs: steadyMs,
    lookAgainMs: timings.backends.lookAgainMs,
  });
  parts.disposer.add(finder.close);
  const store = parts.isReal
    ? createFoundStore(join(parts.folder, "backends.json"), parts.hold, parts.complain)
    : { read: () => ({ adopted: [], dismissed: [] }), write() {} };
  return { finder, ...createFoundBackends({ list, finder, store, gpus, taken, timings }) };
}

/** Where this sidecar listens, and every backend that there is. */
function takenPorts(server: Server, { all }: BackendList): Set<number> {
  const address = server.address();
  const own = typeof address === "object" && address !== null ? [address.port] : [];
  const urls = all.flatMap(({ url, places }) => places?.() ?? (url === null ? [] : [url]));
  const ports = urls.flatMap((url) => {
    const { hostname, port, protocol } = new URL(url);
    if (!isLoopbackHost(hostname) && hostname !== "0.0.0.0") return [];
    return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
  });
  return new Set([...own, ...ports]);
}
