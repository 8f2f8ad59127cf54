import { type FindableKind, USUAL_PORTS } from "./kinds.ts";

/** A port of this machine on which a program of a GPU listens. */
export interface ProcessPort {
  port: number;
  /** The process on the GPU; the one that listens may be its parent. */
  pid: number;
  /** The process, also when its number is used again: `pid@start`. */
  process: string;
}

/** A port to be asked, once. */
export interface Candidate {
  port: number;
  pid: number | null;
  /** What it is known by that it was asked. */
  key: string;
  /** What it may be; `null`: anything. */
  kinds: readonly FindableKind[] | null;
}

/** Ports asked in one look. */
export const MOST_PORTS = 32;
/** From here on systems hand out ports by chance: behind them are inner lines of programs, which must not be disturbed. */
const FIRST_RANDOM_PORT = 32_768;
/** Where the workers of PyTorch meet. */
const MEETING_PORTS = { from: 29_400, to: 29_600 };

/** The usual ports, each with what may listen there. */
function usualPorts(): { port: number; kinds: FindableKind[] }[] {
  const ports = new Map<number, FindableKind[]>();
  for (const kind of Object.keys(USUAL_PORTS) as FindableKind[])
    for (const port of USUAL_PORTS[kind]) ports.set(port, [...(ports.get(port) ?? []), kind]);
  return [...ports].map(([port, kinds]) => ({ port, kinds }));
}

/**
 * What is to be asked: ports of processes on a GPU first, then the usual ones where those are wanted; none twice, none that
 * is taken. Pure.
 * @param taken ports of this sidecar and of backends that there are
 * @param asked keys of what was asked already
 */
export function candidatesOf(
  listening: readonly ProcessPort[],
  { withUsual, taken, asked }: { withUsual: boolean; taken: ReadonlySet<number>; asked: ReadonlySet<string> },
): Candidate[] {
  const ofProcesses = listening
    .filter(({ port }) => mayBeAsked(port))
    .map(({ port, pid, process }): Candidate => ({ port, pid, key: `${process}:${port}`, kinds: null }));
  const usual = withUsual
    ? usualPorts().map(({ port, kinds }): Candidate => ({ port, pid: null, key: `:${port}`, kinds }))
    : [];
  const seen = new Set<number>();
  return [...ofProcesses, ...usual]
    .filter(({ port, key }) => {
      if (taken.has(port) || asked.has(key) || seen.has(port)) return false;
      seen.add(port);
      return true;
    })
    .slice(0, MOST_PORTS);
}

function mayBeAsked(port: number): boolean {
  return port < FIRST_RANDOM_PORT && (port < MEETING_PORTS.from || port > MEETING_PORTS.to);
}
