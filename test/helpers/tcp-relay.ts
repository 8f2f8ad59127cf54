import { connect, createServer, type Socket } from "node:net";

/** A relay between a page and a sidecar, so that the sidecar can go away and come back elsewhere. */
export interface TcpRelay {
  /** Address of the panel through the relay. */
  url: string;
  /** Where connections lead from now on; those that came while there was no target are let through. */
  lead(targetUrl: string): void;
  /** Ends what leads to the target; what comes now is kept waiting, as behind a cable that is pulled. */
  cut(): void;
  close(): Promise<void>;
}

export async function startTcpRelay(targetUrl: string): Promise<TcpRelay> {
  let target: string | null = targetUrl;
  const waiting = new Set<Socket>();
  const sockets = new Set<Socket>();

  function keep(socket: Socket) {
    sockets.add(socket);
    socket.on("close", () => {
      sockets.delete(socket);
      waiting.delete(socket);
    });
    socket.on("error", () => socket.destroy());
  }

  function join(page: Socket, url: string) {
    const { hostname, port } = new URL(url);
    const sidecar = connect(Number(port), hostname);
    keep(sidecar);
    page.pipe(sidecar).pipe(page);
    page.on("close", () => sidecar.destroy());
    sidecar.on("close", () => page.destroy());
  }

  const server = createServer((page) => {
    keep(page);
    if (target === null) waiting.add(page);
    else join(page, target);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the relay has no port");
  return {
    url: `http://127.0.0.1:${address.port}/`,
    lead(url) {
      target = url;
      for (const page of waiting) join(page, url);
      waiting.clear();
    },
    cut() {
      target = null;
      for (const socket of sockets) socket.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
