import { problem } from "../../shared/problems/make-problem.ts";
import { type Reply, refuse } from "../../shared/protocol/reply.ts";
import { releaseBodySchema, releaseRequestSchema } from "../../shared/protocol/requests.ts";
import { idSchema } from "../http/openapi/components.ts";
import type { ReleaseDemand } from "../release/targets.ts";
import type { ActsOn } from "./acts-on.ts";
import type { Asker } from "./asker.ts";
import { AWAY } from "./away.ts";
import { defineAction } from "./define-action.ts";
import { body, message } from "./requests.ts";

interface Wish extends Omit<ReleaseDemand, "requestedBy"> {
  /** The run of the sidecar that somebody looked at when pressing the button. */
  bootId?: string;
  /** The host of the group that is meant; the own one without it. */
  host?: string | undefined;
}

/** Asks for a release, here or on another host of the group; by HTTP, by the socket and by agents alike. */
export function askForRelease(
  sidecar: ActsOn,
  { bootId, requestId, mode, backend, gpu, host }: Wish,
  { address, ownBackend }: Pick<Asker, "address" | "ownBackend">,
): Reply<{ id: string }> | Promise<Reply<{ id: string }>> {
  const named = backend ?? ownBackend;
  if (ownBackend !== undefined && named !== ownBackend) return refuse(problem("not-allowed"));
  if (bootId !== undefined && bootId !== sidecar.bootId()) return refuse(problem("sidecar-restarted"));
  if (host !== undefined && sidecar.elsewhere.isOther(host)) {
    if (ownBackend !== undefined) return refuse(problem("not-allowed"));
    return sidecar.elsewhere.release(host, { requestId, mode, backend, gpu });
  }
  return sidecar.release({ requestId, mode, backend: named, gpu, requestedBy: address });
}

export const release = defineAction<Wish, { id: string }>({
  name: "release",
  summary: "Releases VRAM, or joins the release in progress",
  docs: "a second caller gets the id of the first; `requestId` makes a repeat harmless, `host` names another host of the [group](group.md). The event is refused for another `bootId`",
  may: "release",
  reply: idSchema,
  http: {
    method: "POST",
    path: "/api/v1/release",
    takes: body(releaseBodySchema),
    answers: { 202: "It has begun; ask for it by its id" },
    refused: { ...AWAY, otherwise: 409 },
  },
  socket: { event: "release", takes: message(releaseRequestSchema) },
  run: askForRelease,
});
