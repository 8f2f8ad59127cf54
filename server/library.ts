import type { Server } from "node:http";
import type { Server as SecureServer } from "node:https";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkLibraryOptions, type LibrarySettings } from "./config/library-options.ts";
import { mount } from "./mount/mount.ts";
import { createSidecar as createInnerSidecar } from "./sidecar.ts";
import { TIMINGS } from "./timings.ts";
import { VERSION } from "./version.ts";

/** Settings of a mounted panel. Those without words here are the config file's, see docs/configuration.md. */
export interface SidecarOptions {
  /** The HTTP or HTTPS server to mount on, listening or not yet. */
  server: Server | SecureServer;
  /** Where the panel lies on it: a path of its own, `/gpu/` by default. Everything else stays the host's. */
  basePath?: string;
  /** `auto` (default), `nvidia-smi`, `demo`, or `demo:8` for a demo of eight GPUs. */
  source?: string;
  /** Path of nvidia-smi, or a command line such as `ssh gpu-host nvidia-smi`. */
  nvidiaSmi?: string;
  /** Milliseconds between samples while somebody watches, 200–60000. */
  interval?: number;
  /** Indexes or UUIDs of the GPUs to show; all by default. */
  gpus?: string[];
  /** Kind of the backend to release from, as `--backend`. */
  backend?: string;
  /** Where it listens. */
  backendUrl?: string;
  /** Backends with everything that can be set, as in the config file; in place of `backend`. */
  backends?: object[];
  /** Milliseconds between two status calls to a backend. */
  backendInterval?: number;
  /** Milliseconds that VRAM may take to begin to fall after a backend has accepted. */
  releasePatience?: number;
  /** CSV file and file of JSON lines to write every sample to; off by default. */
  logCsv?: string;
  logJsonl?: string;
  /** When a log begins a new file besides every day (MiB), and how many days the old ones are kept. */
  logs?: { maxMiB?: number; keepDays?: number };
  /** How much is recorded of what decisions on room were made from (200 MiB), and for how many days (14). */
  decisions?: { maxMiB?: number; keepDays?: number };
  /** Milliseconds between two writes of history to disk. */
  historyInterval?: number;
  /** Folder for history, jobs and the audit of releases. Two sidecars need one each. */
  dataDir?: string;
  /**
   * Needed to release, to post jobs and to change settings. Without one, only callers on this machine that come
   * through no proxy may; all others may look.
   */
  token?: string;
  /** Origins that may embed, connect and call, and whose hosts the panel answers to; loopback always may. */
  allowOrigin?: string[];
  /** Job profile that the API's `capacity` is for. */
  profile?: string;
  /** Look for backends on this machine that are not set up, and offer them: true. */
  findBackends?: boolean;
  /** Job profiles of your own. */
  profiles?: object[];
  /** Red lines by rule, `false` turns one off; see docs/alerts.md. */
  alerts?: object;
  /** Who is told of alerts and jobs; see docs/notifications.md. */
  notify?: object[];
  /** MiB of each GPU that are kept free beside running jobs: 256. */
  reserve?: number;
  /** Ids of backends that may be asked to release when a waiting job does not fit; none by default. */
  releaseOnRequest?: string[];
  /** Several hosts as one view, see docs/group.md: their Redis, group, secret; what they call and where they find this panel. */
  redisUrl?: string;
  group?: string;
  groupSecret?: string;
  hostName?: string;
  address?: string;
  /** Or the other panels themselves. */
  peers?: { url: string; token?: string }[];
  /** Id of the backend that lives on the card when nobody needs it; it is loaded again after so many quiet seconds (120). */
  home?: string;
  homeAfterSeconds?: number;
  /** Whoever was given the card is not asked to leave for so many seconds: 60. */
  minTurnSeconds?: number;
  /** By the id of a backend: it is released when it has been idle for so many minutes. */
  idleReleaseMinutes?: Record<string, number>;
  /** Above so many °C nothing is loaded and nothing starts. */
  holdAboveC?: number;
  /** Told in words what does not work, though the panel goes on. Warns through `process.emitWarning` by default. */
  onProblem?: (message: string) => void;
}

/** Type error here: a setting is new, and belongs into {@link SidecarOptions} and its words too. */
type Missing = Exclude<keyof LibrarySettings, keyof SidecarOptions>;
const nothingMissing: Missing extends never ? true : Missing = true;

/** A panel on a host's server. */
export interface MountedSidecar {
  /** The path that it answers under, with slashes around it. */
  readonly basePath: string;
  /** Ends sampling and every connection of the panel, and leaves the server as it was found. Idempotent. */
  close(): Promise<void>;
}

/**
 * Mounts the panel on an HTTP server that exists and begins to sample. Requests and WebSockets outside `basePath`
 * stay the host's; the server itself is neither opened nor closed.
 * @throws {TypeError} when a setting is wrong; the message names each one
 * @example
 * const server = http.createServer(app).listen(3000);
 * const panel = createSidecar({ server, basePath: "/gpu/" });
 * server.on("close", () => panel.close());
 */
export function createSidecar({ server, onProblem, ...settings }: SidecarOptions): MountedSidecar {
  void nothingMissing;
  const options = checkLibraryOptions(settings);
  const sidecar = createInnerSidecar(options, {
    clientFolder: join(dirname(fileURLToPath(import.meta.url)), "../client"),
    version: VERSION,
    env: process.env,
    mounted: true,
    timings: TIMINGS,
    complain: onProblem ?? ((message) => process.emitWarning(message, "gpu-status-panel")),
  });
  let unmount: () => void;
  try {
    unmount = mount(server, options.basePath, sidecar.server);
  } catch (error) {
    void sidecar.close();
    throw error;
  }
  let closing: Promise<void> | undefined;
  return {
    basePath: options.basePath,
    close() {
      unmount();
      closing ??= sidecar.close();
      return closing;
    },
  };
}
