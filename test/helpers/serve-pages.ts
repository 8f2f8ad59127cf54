import { createServer, type Server } from "node:http";

/** A host page's own server, on an origin of its own. */
export interface ServedPages {
  /** With a slash at the end. `localhost` is another site than the sidecar's `127.0.0.1`. */
  url: string;
  close(): void;
}

/** @param pages what is answered, by path; types follow from the ending, HTML without one */
export async function servePages(
  pages: Readonly<Record<string, string>>,
  { host = "localhost", headers = {} }: { host?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<ServedPages> {
  const types: Readonly<Record<string, string>> = { css: "text/css", js: "text/javascript" };
  const server: Server = createServer(({ url = "/" }, response) => {
    const path = url.replace(/\?.*/, "");
    const page = pages[path];
    if (page === undefined) return void response.writeHead(path === "/favicon.ico" ? 204 : 404).end();
    const type = types[path.split(".").at(-1) ?? ""] ?? "text/html";
    response.writeHead(200, { "content-type": `${type}; charset=utf-8`, ...headers }).end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  if (typeof bound !== "object" || bound === null) throw new Error("the host page has no port");
  return {
    url: `http://${host}:${bound.port}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
