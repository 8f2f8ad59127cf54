import * as v from "valibot";
import { idRequestSchema } from "../../shared/protocol/requests.ts";
import { idSchema } from "../http/openapi/components.ts";
import { defineAction } from "./define-action.ts";
import { idOfPath, message, nothing } from "./requests.ts";

const ID = /[\w.-]{1,60}/;

export const adoptBackend = defineAction({
  name: "adopt-backend",
  summary: "Makes a backend of one that was found, as if it had been set up",
  docs: "one of `found`, kept across restarts",
  may: "act",
  reply: idSchema,
  http: {
    method: "POST",
    path: "/api/v1/backends/found/{id}",
    id: ID,
    takes: idOfPath,
    answers: { 200: "It is a backend of this name" },
    refused: { "not-allowed": 403, otherwise: 404 },
  },
  socket: { event: "adopt-backend", takes: message(idRequestSchema) },
  run: (sidecar, { id }) => sidecar.found.adopt(id),
});

export const dismissBackend = defineAction({
  name: "dismiss-backend",
  summary: "What was found is not offered again, until somebody looks again",
  may: "act",
  reply: idSchema,
  http: {
    method: "DELETE",
    path: "/api/v1/backends/found/{id}",
    id: ID,
    takes: idOfPath,
    answers: { 200: "It is offered no more" },
    refused: { "not-allowed": 403, otherwise: 404 },
  },
  socket: { event: "dismiss-backend", takes: message(idRequestSchema) },
  run: (sidecar, { id }) => sidecar.found.dismiss(id),
});

export const forgetBackend = defineAction({
  name: "forget-backend",
  summary: "Takes back that a backend was made of one that was found",
  docs: "one that the settings name stays",
  may: "act",
  reply: idSchema,
  http: {
    method: "DELETE",
    path: "/api/v1/backends/{id}",
    id: ID,
    takes: idOfPath,
    answers: { 200: "It is no backend any more" },
    refused: { "not-allowed": 403, otherwise: 404 },
  },
  socket: { event: "forget-backend", takes: message(idRequestSchema) },
  run: (sidecar, { id }) => sidecar.found.forget(id),
});

export const lookForBackends = defineAction({
  name: "look-for-backends",
  summary: "Looks for backends anew, also for what was dismissed",
  docs: "while somebody watches",
  may: "act",
  reply: v.null(),
  http: {
    method: "POST",
    path: "/api/v1/backends/look",
    takes: nothing,
    answers: { 200: "It looks" },
    refused: { "not-allowed": 403, otherwise: 400 },
  },
  socket: { event: "look-for-backends", takes: nothing },
  run: (sidecar) => sidecar.found.lookAgain(),
});
