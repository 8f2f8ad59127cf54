/** Stands in for Socket.IO's WebTransport, which the sidecar does not speak: 1 kB that no page has to load. */
export class WT {
  constructor() {
    throw new Error("WebTransport is not part of this build");
  }
}
