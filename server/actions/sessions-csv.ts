import * as v from "valibot";
import { succeed } from "../../shared/protocol/reply.ts";
import { sessionsCsv as csvOf } from "../../shared/sessions/sessions-csv.ts";
import { defineAction } from "./define-action.ts";
import { nothing } from "./requests.ts";

export const sessionsCsv = defineAction({
  name: "sessions-csv",
  summary: "The sessions as CSV, a line for each GPU",
  may: "see",
  reply: v.string(),
  http: {
    method: "GET",
    path: "/api/v1/sessions.csv",
    takes: nothing,
    answers: { 200: { what: "CSV by RFC 4180", schema: v.string(), type: "text/csv" } },
    headers: () => ({ "content-disposition": 'attachment; filename="gpu-sessions.csv"' }),
    text: (text) => ({ type: "text/csv; charset=utf-8", text }),
  },
  run: (sidecar) => succeed(csvOf(sidecar.sessions.list())),
});
