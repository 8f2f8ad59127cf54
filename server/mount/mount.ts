import { IncomingMessage, type Server } from "node:http";
import type { HostServer } from "./host-server.ts";
import { readAgain } from "./read-again.ts";

type Emit = (event: string, ...args: unknown[]) => boolean;

/** What one mounted panel has put in the place of the host's `emit`. */
interface Diversion {
  basePath: string;
  /** The `emit` that was there before. */
  next: Emit;
  gone: boolean;
}
type DivertingEmit = Emit & { [DIVERSION]: Diversion };
const DIVERSION = Symbol("gpu-status-panel diversion");

/** Node hands over an upgrade only where somebody listens for it. */
const standIn = () => {};
const REQUEST_EVENTS: readonly string[] = ["request", "checkContinue", "checkExpectation"];

/**
 * Leads what the host's server is asked for below `basePath` to `panel`, a server that never listens itself.
 * The host's listeners are neither touched nor told of those requests; all else, its WebSockets too, is the host's
 * as before. Several panels on one server do not disturb each other, in whatever order they leave.
 * @returns takes the diversion out again; idempotent
 * @throws when another panel has this path, or part of it, already
 */
export function mount(host: HostServer, basePath: string, panel: Server): () => void {
  const next: Emit = host.emit;
  for (let other = liveBelow(next); other !== null; other = liveBelow(other.next)) {
    const { basePath: taken } = other;
    if (taken.startsWith(basePath) || basePath.startsWith(taken)) {
      throw new Error(`basePath: ${basePath} meets the panel that is mounted at ${taken} already`);
    }
  }
  const diversion: Diversion = { basePath, next, gone: false };

  function divert(this: HostServer, event: string, ...args: unknown[]): boolean {
    const pass = () => Reflect.apply(diversion.next, this, [event, ...args]);
    const [request] = args;
    if (diversion.gone || !(request instanceof IncomingMessage)) return pass();
    const isOurs = isBelow(request.url, basePath);
    if (REQUEST_EVENTS.includes(event)) {
      if (!isOurs) return pass();
      const [, response] = args;
      // Whoever asks for leave to send the body gets it: the panel's routes limit what they read.
      if (event === "checkContinue")
        Reflect.apply(Reflect.get(Object(response), "writeContinue"), response, []);
      return panel.emit("request", request, response);
    }
    if (event === "upgrade") {
      if (isOurs) return panel.emit("upgrade", ...args);
      // Without us the host would have taken it for an ordinary request, as it has no WebSockets.
      const isLast = liveBelow(diversion.next) === null;
      const isUnheard = host.listeners("upgrade").every((listener) => listener === standIn);
      if (isLast && isUnheard) return readAgain(host, request, args[2]);
    }
    return pass();
  }
  host.emit = Object.assign(divert, { [DIVERSION]: diversion });
  host.on("upgrade", standIn);

  return () => {
    if (diversion.gone) return;
    diversion.gone = true;
    host.off("upgrade", standIn);
    // Those that left earlier, but lay below one that stayed, go with it.
    let emit: Emit = host.emit;
    while (isDiverting(emit) && emit[DIVERSION].gone) emit = emit[DIVERSION].next;
    if (emit === Reflect.get(Object.getPrototypeOf(host), "emit")) Reflect.deleteProperty(host, "emit");
    else host.emit = emit;
  };
}

/** The first diversion from this `emit` on that still stands. */
function liveBelow(emit: Emit): Diversion | null {
  if (!isDiverting(emit)) return null;
  return emit[DIVERSION].gone ? liveBelow(emit[DIVERSION].next) : emit[DIVERSION];
}

function isDiverting(emit: Emit): emit is DivertingEmit {
  return DIVERSION in emit;
}

function isBelow(url: string | undefined, basePath: string): boolean {
  const path = url?.replace(/[?#].*$/s, "") ?? "";
  return `${path}/` === basePath || path.startsWith(basePath);
}
