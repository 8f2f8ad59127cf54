import type { Page, WebSocket } from "playwright-core";

/** The WebSockets of a page to one sidecar. */
export interface PageSockets {
  /** All that were ever opened. */
  opened(): number;
  open(): number;
  /** Every message that the page has sent. */
  sent(): readonly string[];
}

/** Counts from the page's beginning on: call it in `prepare`. */
export function countSockets(page: Page, sidecarUrl: string): PageSockets {
  const sockets: WebSocket[] = [];
  const sent: string[] = [];
  const { host, pathname } = new URL(sidecarUrl);
  page.on("websocket", (socket) => {
    const url = new URL(socket.url());
    if (url.host === host && url.pathname.startsWith(pathname)) {
      sockets.push(socket);
      socket.on("framesent", ({ payload }) => sent.push(String(payload)));
    }
  });
  return {
    opened: () => sockets.length,
    sent: () => sent,
    open: () => sockets.filter((socket) => !socket.isClosed()).length,
  };
}
