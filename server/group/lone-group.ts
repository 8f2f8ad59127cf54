import type { HostOfGroup } from "../../shared/protocol/host-of-group.ts";
import type { Group } from "./group.ts";

/** A sidecar that shows itself alone, as most do. */
export function createLoneGroup(ownHost: () => HostOfGroup | null): Group {
  return {
    name: null,
    turns: null,
    view: () => ({ group: null, problem: null, hosts: [ownHost() ?? []].flat() }),
    onChange: () => () => {},
    start() {},
    close: async () => {},
  };
}
