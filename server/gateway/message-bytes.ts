/** A message as every viewer gets it, encoded once: a packet for polling, a frame for WebSockets. */
export interface MessageBytes {
  packet: string;
  options: { compress: false; wsPreEncodedFrame: Buffer[] };
  /** The same as a transport of Engine.IO takes it. */
  packets: { type: "message"; data: string; options: MessageBytes["options"] }[];
}

/** A final text frame of a server, which does not mask. */
const FINAL_TEXT = 0x81;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** @param args the arguments of the Socket.IO event; a missing one at the end is left out */
export function messageBytes(event: string, ...args: readonly unknown[]): MessageBytes {
  const given = args.filter((arg) => arg !== undefined);
  // "2" is Socket.IO's event; Engine.IO puts its "4" for a message before it.
  const packet = `2${JSON.stringify([event, ...given])}`;
  const payload = Buffer.from(`4${packet}`);
  const options: MessageBytes["options"] = {
    compress: false,
    wsPreEncodedFrame: [Buffer.concat([headOf(payload.length), payload])],
  };
  return { packet, options, packets: [{ type: "message", data: packet, options }] };
}

function headOf(length: number): Buffer {
  if (length < LENGTH_16) return Buffer.from([FINAL_TEXT, length]);
  if (length < 65_536) {
    const head = Buffer.from([FINAL_TEXT, LENGTH_16, 0, 0]);
    head.writeUInt16BE(length, 2);
    return head;
  }
  const head = Buffer.alloc(10);
  head[0] = FINAL_TEXT;
  head[1] = LENGTH_64;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}
