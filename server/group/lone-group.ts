import { problem } from "../../shared/problems/make-problem.ts";
import type { HostOfGroup } from "../../shared/protocol/host-of-group.ts";
import { refuse } from "../../shared/protocol/reply.ts";
import type { Group } from "./group.ts";
import type { OwnHost } from "./own-turns.ts";

/** A sidecar that shows itself alone, as most do. */
export function createLoneGroup(own: OwnHost, ownHost: () => HostOfGroup | null): Group {
  return {
    name: null,
    own,
    targetOf: ({ name }) => refuse(problem("not-passed-on", { name })),
    turns: null,
    view: () => ({ group: null, problem: null, hosts: [ownHost() ?? []].flat() }),
    onChange: () => () => {},
    start() {},
    close: async () => {},
  };
}
