import type { IncomingHttpHeaders } from "node:http";

/** The token of an `Authorization: Bearer …` header. No browser sends one by itself, unlike a cookie. */
export function bearerOf({ authorization }: IncomingHttpHeaders): string | undefined {
  return /^Bearer (.+)$/i.exec(authorization ?? "")?.[1];
}

/** The backend to which the proxy of an app confines its visitors: each app's page releases its own. */
export function ownBackendOf(headers: IncomingHttpHeaders): string | undefined {
  const named = headers["x-gpu-panel-backend"];
  return typeof named === "string" && named !== "" ? named : undefined;
}
