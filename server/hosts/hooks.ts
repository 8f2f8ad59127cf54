import { isIP } from "node:net";
import * as v from "valibot";
import { problem } from "../../shared/problems/make-problem.ts";
import { isLoopbackHost } from "../../shared/protocol/origins.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import { describeIssues } from "../../shared/protocol/requests.ts";
import { backendSchema } from "../config/backend-options.ts";
import type { BackendList } from "../release/backend-list.ts";
import type { Backend } from "../release/backends/backend.ts";
import { createBackend } from "../release/backends/create-backend.ts";
import { joinBackends } from "../release/backends/joined.ts";
import type { Timings } from "../timings.ts";

/** Where an app is asked to unload its models. */
export interface HookWish {
  kind: string;
  url: string;
  app?: string | undefined;
  label: string;
}

/** A hook that is held registered. */
export interface HeldHook {
  /** The backend's. */
  id: string;
  /** Idempotent. */
  end(): void;
}

/** The hooks that hosts register with the running sidecar. */
export interface Hooks {
  /** Until it is ended. @param address of the one who asks */
  hold(wish: HookWish, address: string): Reply<HeldHook>;
  /** For so many seconds, or until it is said again. */
  keep(wish: HookWish & { ttl: number }, address: string): Reply<{ id: string }>;
  close(): void;
}

/** Apps whose hooks are known at the same time: each is asked for its status. */
const MOST_APPS = 32;
const MOST_WORKERS = 64;

interface App {
  id: string;
  /** By address; how many hold it, and the adapter. */
  members: Map<string, { backend: Backend; holders: number }>;
}

/** @param accepts false on a recording, whose backends must not be released on the machine of now */
export function createHooks(
  list: BackendList,
  timings: Pick<Timings, "backends" | "patience">,
  accepts: boolean,
): Hooks {
  const apps = new Map<string, App>();
  const settings = [...list.all];
  const kept = new Map<string, { held: HeldHook; timer: NodeJS.Timeout }>();

  function hold({ kind, url, app: name, label }: HookWish, address: string): Reply<HeldHook> {
    const id = apps.get(name ?? url)?.id ?? freeId(label, list);
    const parsed = v.safeParse(backendSchema, { kind, url, id });
    if (!parsed.success) return badRequest(describeIssues(parsed.issues));
    if (!isNear(url, address))
      return badRequest("a hook listens on this machine, or where it is registered from");
    const key = name ?? url;
    const configured = settings.find((one) => isSame(one, { kind, url }));
    if (!accepts || configured !== undefined) return succeed({ id: configured?.id ?? id, end() {} });
    const app = apps.get(key) ?? begin(key, id, url, createBackend(parsed.output, timings));
    if (app === null) return badRequest(`more than ${MOST_APPS} apps have hooks`);
    const member = app.members.get(url) ?? { backend: createBackend(parsed.output, timings), holders: 0 };
    if (!app.members.has(url) && app.members.size >= MOST_WORKERS)
      return badRequest(`more than ${MOST_WORKERS} workers`);
    app.members.set(url, { ...member, holders: member.holders + 1 });
    let isHeld = true;
    return succeed({
      id: app.id,
      end() {
        if (!isHeld) return;
        isHeld = false;
        letGo(key, url);
      },
    });
  }

  function begin(key: string, id: string, url: string, backend: Backend): App | null {
    if (apps.size >= MOST_APPS) return null;
    const app: App = { id, members: new Map([[url, { backend, holders: 0 }]]) };
    apps.set(key, app);
    // An adapter of a kind has more ways than a hook, and one process.
    list.add(
      backend.kind !== "http"
        ? backend
        : joinBackends(id, () => {
            const [first = backend, ...others] = [...app.members.values()].map((one) => one.backend);
            return [first, ...others];
          }),
    );
    return app;
  }

  function letGo(key: string, url: string) {
    const app = apps.get(key);
    const member = app?.members.get(url);
    if (app === undefined || member === undefined) return;
    member.holders--;
    if (member.holders > 0) return;
    app.members.delete(url);
    if (app.members.size > 0) return;
    apps.delete(key);
    list.remove(app.id);
  }

  return {
    hold,
    keep({ ttl, ...wish }, address) {
      const key = `${wish.app ?? ""} ${wish.url}`;
      const known = kept.get(key);
      const held = known === undefined ? hold(wish, address) : succeed(known.held);
      if (!held.ok) return held;
      clearTimeout(known?.timer);
      const timer = setTimeout(() => {
        kept.delete(key);
        held.data.end();
      }, ttl * 1000).unref();
      kept.set(key, { held: held.data, timer });
      return succeed({ id: held.data.id });
    },
    close() {
      for (const { timer } of kept.values()) clearTimeout(timer);
    },
  };
}

function badRequest(detail: string) {
  return refuse(problem("bad-request", { detail }));
}

/** One that the settings name, too: what listens at a port is one program. */
function isSame(known: Pick<Backend, "kind" | "url">, { kind, url }: { kind: string; url: string }): boolean {
  if (known.url === null || known.kind !== kind) return false;
  const [one, other] = [new URL(known.url), new URL(url)];
  const isNear = isLoopbackHost(one.hostname) && isLoopbackHost(other.hostname);
  return one.port === other.port && (isNear || one.hostname === other.hostname);
}

/** Whoever may post jobs must not have the sidecar call any address there is. */
function isNear(url: string, address: string): boolean {
  const { hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  return isLoopbackHost(hostname) || (isIP(host) !== 0 && host === address.replace(/^::ffff:/i, ""));
}

/** A backend's name, made of what the app is called. */
function freeId(label: string, { all }: BackendList): string {
  const name =
    label
      .replace(/[^\w.-]+/g, "-")
      .replace(/^-+|-+$/g, "")
      .slice(0, 50) || "app";
  const taken = (id: string) => all.some((one) => one.id === id);
  if (!taken(name)) return name;
  let number = 2;
  while (taken(`${name}-${number}`)) number++;
  return `${name}-${number}`;
}
