import type { IncomingHttpHeaders } from "node:http";

/** The token of an `Authorization: Bearer …` header. No browser sends one by itself, unlike a cookie. */
export function bearerOf({ authorization }: IncomingHttpHeaders): string | undefined {
  return /^Bearer (.+)$/i.exec(authorization ?? "")?.[1];
}
