import * as v from "valibot";
import type { Gpu } from "../../shared/gpu/gpu.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import type { Found } from "../../shared/release/found.ts";
import { backendSchema } from "../config/backend-options.ts";
import type { BackendList } from "../release/backend-list.ts";
import { createBackend } from "../release/backends/create-backend.ts";
import type { Timings } from "../timings.ts";
import { urlOf } from "./ask.ts";
import type { Finder, FoundPort } from "./finder.ts";
import { type FoundStore, isSamePlace, type Place } from "./record.ts";

/** Backends that were found: offered, adopted or dismissed. */
export interface FoundBackends {
  list(): Found[];
  /** From now on, and after a restart, it is a backend like one that was set up. */
  adopt(id: string): Reply<{ id: string }>;
  /** It is not offered again until somebody looks again. */
  dismiss(id: string): Reply<{ id: string }>;
  /** Takes an adoption back. @param id the backend's */
  forget(id: string): Reply<{ id: string }>;
  /** Looks anew, for what was dismissed, too. */
  lookAgain(): Reply<null>;
}

export interface FoundParts {
  list: BackendList;
  finder: Pick<Finder, "found" | "lookAgain">;
  store: FoundStore;
  gpus(): readonly Pick<Gpu, "index" | "processes">[];
  /** Ports of this sidecar and of backends that there are. */
  taken(): ReadonlySet<number>;
  timings: Pick<Timings, "backends" | "patience">;
}

const idOf = ({ kind, port }: Place) => `${kind}-${port}`;

export function createFoundBackends({
  list,
  finder,
  store,
  gpus,
  taken,
  timings,
}: FoundParts): FoundBackends {
  let record = store.read();
  /** The backends' ids, by place. */
  const adopted = new Map<string, { place: Place; backend: string }>();
  for (const place of record.adopted) add(place);

  function add(place: Place) {
    const url = urlOf(place.port);
    const isTaken = (id: string) => list.all.some((one) => one.id === id);
    const id = isTaken(place.kind) ? idOf(place) : place.kind;
    // The settings have it by now.
    if (isTaken(id) || list.all.some((one) => one.url === url)) return;
    adopted.set(idOf(place), { place, backend: id });
    list.add(createBackend(v.parse(backendSchema, { kind: place.kind, url, id }), timings));
  }

  function keep(next: typeof record) {
    record = next;
    store.write(record);
  }

  function gpusOf(pid: number | null): number[] {
    if (pid === null) return [];
    return gpus().flatMap(({ index, processes }) =>
      processes?.some((one) => one.pid === pid) ? [index] : [],
    );
  }

  /** A hook that its app has registered meanwhile, or another backend, reaches it already. */
  function isReached({ port, pid }: FoundPort): boolean {
    const owned = gpus().flatMap(
      ({ processes }) => processes?.filter((one) => one.backend !== undefined) ?? [],
    );
    return taken().has(port) || owned.some((one) => one.pid === pid);
  }

  const offered = () =>
    finder
      .found()
      .filter(
        (one) => !record.dismissed.some(isSamePlace(one)) && !adopted.has(idOf(one)) && !isReached(one),
      );

  return {
    list: () => [
      ...[...adopted.values()].map(
        ({ place, backend }): Found => ({
          ...{ id: idOf(place), ...place, pid: null, gpus: [], adoptable: true, backend },
        }),
      ),
      ...offered().map((one): Found => {
        const { kind, port, pid, adoptable } = one;
        return { id: idOf(one), kind, port, pid, gpus: gpusOf(pid), adoptable, backend: null };
      }),
    ],
    adopt(id) {
      const known = adopted.get(id);
      if (known !== undefined) return succeed({ id: known.backend });
      const place = offered().find((one) => one.adoptable && idOf(one) === id);
      if (place === undefined) return refuse(problem("unknown-backend", { backend: id }));
      const { kind, port } = place;
      add({ kind, port });
      const backend = adopted.get(id)?.backend;
      if (backend === undefined) return refuse(problem("unknown-backend", { backend: id }));
      keep({ ...record, adopted: [...record.adopted, { kind, port }] });
      return succeed({ id: backend });
    },
    dismiss(id) {
      const place = offered().find((one) => idOf(one) === id);
      if (place === undefined) return refuse(problem("unknown-backend", { backend: id }));
      const { kind, port } = place;
      keep({ ...record, dismissed: [...record.dismissed, { kind, port }] });
      return succeed({ id });
    },
    forget(id) {
      const known = [...adopted].find(([, { backend }]) => backend === id);
      if (known === undefined) return refuse(problem("unknown-backend", { backend: id }));
      const [key, { place }] = known;
      adopted.delete(key);
      list.remove(id);
      const isOther = (one: Place) => !isSamePlace(place)(one);
      keep({ ...record, adopted: record.adopted.filter(isOther) });
      finder.lookAgain();
      return succeed({ id });
    },
    lookAgain() {
      keep({ ...record, dismissed: [] });
      finder.lookAgain();
      return succeed(null);
    },
  };
}
