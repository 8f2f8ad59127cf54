import * as v from "valibot";
import { LONGEST_WAIT_SECONDS } from "../../shared/protocol/job-requests.ts";
import { succeed } from "../../shared/protocol/reply.ts";
import { defineAction } from "./define-action.ts";
import { type HttpRequest, query } from "./requests.ts";

const querySchema = v.strictObject({
  backend: v.pipe(v.string(), v.minLength(1), v.maxLength(60)),
  wait: v.optional(
    v.pipe(v.string(), v.regex(/^\d{1,3}$/), v.transform(Number), v.maxValue(LONGEST_WAIT_SECONDS)),
    "0",
  ),
});
const limitSchema = v.object({
  backend: v.string(),
  /** Jobs that may run in it at once now, those that run included; `null`: not known. */
  limit: v.nullable(v.number()),
});

/** `"3"` or `"null"`, as an ETag of this route is. */
const etagOf = (limit: number | null) => `"${limit}"`;

interface Asked extends v.InferOutput<typeof querySchema> {
  /** What the asker knows already; `undefined`: nothing. */
  known: number | null | undefined;
}

const asked = query(querySchema);
const takes: HttpRequest<Asked> = {
  query: querySchema,
  async read(request, url, id) {
    const read = await asked.read(request, url, id);
    if (!read.ok) return read;
    const [, tag] = /^(?:W\/)?"(\d{1,6}|null)"$/.exec(request.headers["if-none-match"] ?? "") ?? [];
    const known = tag === undefined ? undefined : tag === "null" ? null : Number(tag);
    return { ok: true, request: { ...read.request, known } };
  },
};

export const limit = defineAction<Asked, v.InferOutput<typeof limitSchema>>({
  name: "limit",
  summary: "How many jobs may run at once now in one backend, for queues that obey",
  docs: "`{backend, limit}`; `limit` is `null` while it is not known. With `If-None-Match` and `wait` (30 seconds at most) the answer is held back until it is another one, else 304: see [limit](#limit)",
  may: "see",
  reply: limitSchema,
  http: {
    method: "GET",
    path: "/api/v1/limit",
    takes,
    answers: { 200: "The limit", 304: { what: "It is the one of If-None-Match", empty: true } },
    etag: ({ limit }) => etagOf(limit),
    refused: { otherwise: 404 },
  },
  async run(sidecar, { backend, wait, known }, { gone }) {
    const longer = known === undefined ? null : { known, mostMs: wait * 1000, signal: gone() };
    const found = await sidecar.limit(backend, longer);
    return found === undefined ? null : succeed({ backend, limit: found });
  },
});
