// A zip whose bytes depend on its content alone.
import { crc32, deflateRawSync } from "node:zlib";

const VERSION = 20;
const UTF8 = 0x0800;
const DEFLATED = 8;
/** 1 January 1980, the first day that a zip can name. */
const DAY = 0x0021;
const PLAIN_FILE = (0o100644 << 16) >>> 0;

/** @param files [path, bytes], in the order in which they are written */
export function zip(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const [path, bytes] of files) {
    const name = Buffer.from(path);
    const packed = deflateRawSync(bytes, { level: 9 });
    const common = Buffer.alloc(26);
    common.writeUInt16LE(VERSION, 0);
    common.writeUInt16LE(UTF8, 2);
    common.writeUInt16LE(DEFLATED, 4);
    common.writeUInt16LE(DAY, 8);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, name]);
    const attributes = Buffer.alloc(14);
    attributes.writeUInt32LE(PLAIN_FILE, 6);
    attributes.writeUInt32LE(offset, 10);
    // Made on Unix, so that the mode counts.
    const made = Buffer.from([VERSION, 3]);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02"), made, common, attributes, name]));
    parts.push(local, packed);
    offset += local.length + packed.length;
  }
  const index = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(index.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, index, end]);
}
