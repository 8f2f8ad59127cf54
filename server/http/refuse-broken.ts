import type { Server } from "node:http";
import type { Duplex } from "node:stream";
import { problem } from "../../shared/problems/make-problem.ts";
import { SECURITY_HEADERS } from "../lib/security-headers.ts";
import { problemBody } from "./respond.ts";

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
};

/** Answers in words where Node itself gives a request up: it is malformed, its head is too long, or it comes too slowly. */
export function refuseBroken(server: Server): void {
  /** Their answer was sent before all of the request had come: there is nothing more to say. */
  const answered = new WeakSet<Duplex>();
  server.on("request", (request, response) => {
    const { socket } = request;
    response.once("finish", () => request.complete || answered.add(socket));
    request.once("end", () => answered.delete(socket));
  });
  // This is no proxy.
  server.on("connect", (_request, socket) => refuse(socket, 400));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    // One that has gone hears nothing, and one that is being answered would take this for more of that answer.
    const isBusy = "_httpMessage" in socket && socket._httpMessage !== null;
    if (error.code === "ECONNRESET" || !socket.writable || isBusy || answered.has(socket)) socket.destroy();
    else refuse(socket, statusOf(error));
  });
}

function refuse(socket: Duplex, status: number) {
  const detail = REASONS[status]?.toLowerCase() ?? "";
  const body = JSON.stringify(problemBody(status, problem("bad-request", { detail })));
  const headers = {
    ...SECURITY_HEADERS,
    "content-type": "application/problem+json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${status} ${REASONS[status] ?? ""}`, ...lines, "", body].join("\r\n"));
}

function statusOf({ code }: NodeJS.ErrnoException): number {
  if (code === "HPE_HEADER_OVERFLOW") return 431;
  return code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
}
