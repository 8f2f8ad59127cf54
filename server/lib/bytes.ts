/** Whole numbers and texts as bytes: small numbers take one. */
export interface ByteWriter {
  /** A whole number from 0 to 2^53 − 1, in groups of seven bits. */
  put(value: number): void;
  /** As `put`, for numbers that may be negative: −1 is 1, 1 is 2, −2 is 3. */
  putSigned(value: number): void;
  putText(text: string): void;
  readonly length: number;
  /** What was written, as bytes of their own; the writer is empty afterwards. */
  take(): Uint8Array;
}

export function createByteWriter(): ByteWriter {
  let out = Buffer.allocUnsafe(1024);
  let at = 0;
  function reserve(bytes: number) {
    if (at + bytes <= out.length) return;
    const larger = Buffer.allocUnsafe(2 * (at + bytes));
    out.copy(larger, 0, 0, at);
    out = larger;
  }
  function put(value: number) {
    reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      out[at++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    out[at++] = rest;
  }
  return {
    put,
    putSigned: (value) => put(value < 0 ? -2 * value - 1 : 2 * value),
    putText(text) {
      const bytes = Buffer.from(text);
      put(bytes.length);
      reserve(bytes.length);
      at += bytes.copy(out, at);
    },
    get length() {
      return at;
    },
    take() {
      const taken = Uint8Array.prototype.slice.call(out, 0, at);
      at = 0;
      return taken;
    },
  };
}

/** Reads what a writer has written. All but `atEnd` throw a RangeError where the bytes end too early. */
export interface ByteReader {
  atEnd(): boolean;
  take(): number;
  takeSigned(): number;
  takeText(): string;
}

export function createByteReader(bytes: Uint8Array): ByteReader {
  let at = 0;
  function take() {
    let value = 0;
    let weight = 1;
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined || weight > Number.MAX_SAFE_INTEGER)
        throw new RangeError("the bytes end in the middle");
      value += (byte % 0x80) * weight;
      if (byte < 0x80) return value;
      weight *= 0x80;
    }
  }
  return {
    atEnd: () => at >= bytes.length,
    take,
    takeSigned() {
      const code = take();
      return code % 2 === 1 ? -(code + 1) / 2 : code / 2;
    },
    takeText() {
      const length = take();
      if (at + length > bytes.length) throw new RangeError("the bytes end in the middle");
      const text = Buffer.from(bytes.subarray(at, at + length)).toString();
      at += length;
      return text;
    },
  };
}
