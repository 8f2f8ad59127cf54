import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** Serves the built page. */
export interface Pages {
  /** The page of `/` and `/embed`. */
  page(response: ServerResponse): void;
}

/**
 * @param folder the built client
 * @param allowOrigin origins that may frame the page, beyond loopback
 */
export function createPages(folder: string, allowOrigin: readonly string[]): Pages {
  const html = readFileSync(join(folder, "index.html"), "utf8").replace(
    '<meta name="gpu-panel-allow-origin" content="" />',
    `<meta name="gpu-panel-allow-origin" content="${escapeAttribute(allowOrigin.join(" "))}" />`,
  );
  const plain = Buffer.from(html);
  const packed = gzipSync(plain);
  const ancestors = [
    "'self'",
    "http://localhost:*",
    "https://localhost:*",
    "http://127.0.0.1:*",
    "https://127.0.0.1:*",
    "http://*.localhost:*",
    "https://*.localhost:*",
  ];
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-cache",
    // A page that isolates itself (COEP) may frame the panel too; who may at all, `frame-ancestors` says.
    "cross-origin-resource-policy": "cross-origin",
    "cross-origin-embedder-policy": "require-corp",
    "content-security-policy": [
      "default-src 'self'",
      "style-src 'self' 'unsafe-inline'",
      "img-src 'self' data:",
      "connect-src 'self'",
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'none'",
      `frame-ancestors ${[...ancestors, ...allowOrigin].join(" ")}`,
    ].join("; "),
  };
  return {
    page(response) {
      const gzip = /\bgzip\b/.test(String(response.req.headers["accept-encoding"] ?? ""));
      const content = gzip ? packed : plain;
      response.writeHead(200, {
        ...headers,
        ...(gzip ? { "content-encoding": "gzip" } : {}),
        "content-length": content.length,
        vary: "accept-encoding",
      });
      response.end(response.req.method === "HEAD" ? undefined : content);
    },
  };
}

function escapeAttribute(text: string): string {
  return text.replace(/[&"<>]/g, (char) => `&#${char.charCodeAt(0)};`);
}
