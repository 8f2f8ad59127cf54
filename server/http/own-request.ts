import { IncomingMessage } from "node:http";

const asked = Symbol("upgrade asked for");

/**
 * A request that may be upgraded to a WebSocket and to nothing else. Node would hand every other upgrade that a client
 * proposes (`h2c` of curl --http2 and of Java's HttpClient) to whoever takes WebSockets, and the request would stay
 * without an answer; by RFC 9110 it is answered as if nothing had been proposed. CONNECT stays what it is: nothing else
 * could come on its connection.
 */
export class OwnRequest extends IncomingMessage {
  declare [asked]: boolean | undefined;

  get upgrade(): boolean {
    const isTaken = this.method === "CONNECT" || /^websocket$/i.test(this.headers.upgrade ?? "");
    return this[asked] === true && isTaken;
  }

  /** Node sets it before it has read the headers. */
  set upgrade(value: boolean | null) {
    this[asked] = value === true;
  }
}
