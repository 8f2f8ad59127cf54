import { problem } from "../../shared/problems/make-problem.ts";
import { refuse } from "../../shared/protocol/reply.ts";
import { idRequestSchema } from "../../shared/protocol/requests.ts";
import { idSchema } from "../http/openapi/components.ts";
import type { ActsOn } from "./acts-on.ts";
import type { Asker } from "./asker.ts";
import { defineAction } from "./define-action.ts";
import type { HttpWay } from "./definition.ts";
import { idOfPath, message } from "./requests.ts";

type Named = { id: string };

const way = (path: string): HttpWay<Named, Named> => ({
  method: "POST",
  path,
  id: /[\w.-]{1,60}/,
  takes: idOfPath,
  answers: { 200: "It is loaded" },
  refused: { otherwise: 409 },
});

const run = (sidecar: ActsOn, { id }: Named, { ownBackend }: Asker) =>
  ownBackend === undefined || ownBackend === id ? sidecar.loadBackend(id) : refuse(problem("not-allowed"));

export const loadBackend = defineAction({
  name: "load-backend",
  summary: "Makes a backend load again what a release took away",
  docs: "one that has `canLoad`, with the settings that it had; answers when it is loaded",
  may: "release",
  reply: idSchema,
  http: way("/api/v1/backends/{id}/load"),
  socket: { event: "load-backend", takes: message(idRequestSchema) },
  run,
});

/** As the first version called it: hosts and scripts know that name. */
export const prepareBackend = defineAction({
  name: "prepare-backend",
  summary: "The older name of `load`",
  may: "release",
  reply: idSchema,
  http: way("/api/v1/backends/{id}/prepare"),
  socket: { event: "prepare-backend", takes: message(idRequestSchema) },
  run,
});
