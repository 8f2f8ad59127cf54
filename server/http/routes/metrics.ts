import type { Route } from "./route.ts";

/** Prometheus' text format. */
export const metrics: Route = {
  method: "GET",
  path: /^metrics$/,
  describe: {
    path: "/metrics",
    summary: "Figures for Prometheus",
    answers: { 200: { what: "Prometheus text format", type: "text/plain" } },
  },
  async handle({ request, response }, sidecar) {
    const { contentType, text } = await sidecar.metrics();
    response.writeHead(200, {
      "content-type": contentType,
      "content-length": Buffer.byteLength(text),
      "cache-control": "no-store",
    });
    response.end(request.method === "HEAD" ? undefined : text);
  },
};
