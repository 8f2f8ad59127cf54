import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** Serves the built page. */
export interface Pages {
  /** The page of `/`, or for a frame: the same without a colour of its own. */
  page(response: ServerResponse, framed: boolean): void;
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
  const embed = forms(html);
  const own = forms(html.replace("<html ", "<html data-own "));
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
    page(response, framed) {
      const { plain, packed } = framed ? embed : own;
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

function forms(html: string) {
  const plain = Buffer.from(html);
  return { plain, packed: gzipSync(plain) };
}

function escapeAttribute(text: string): string {
  return text.replace(/[&"<>]/g, (char) => `&#${char.charCodeAt(0)};`);
}
