import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";

/** RGBA pixels. */
export interface Picture {
  width: number;
  height: number;
  data: Uint8Array;
}

interface Head {
  sizes: { name: string; width: number; height: number }[];
  /** 0xRRGGBB, in the order in which they were met. */
  colours: number[];
}

/** Between two values of a channel: nobody sees the difference, and there are fewer colours. */
const STEP = 8;
const rounded = (value = 0) => Math.min(255, Math.round(value / STEP) * STEP);

/**
 * Packs pictures that are mostly the same, as states of a panel are: a line of JSON, then for each pixel the number of
 * its colour, low bytes and high bytes of a picture apart, all in one Brotli stream whose window spans several of
 * them. PNGs of the same take ten times the bytes.
 */
export function packPictures(pictures: ReadonlyMap<string, Picture>): Uint8Array {
  const numbers = new Map<number, number>();
  const planes = [...pictures.values()].map(({ width, height, data }) => {
    const count = width * height;
    const plane = Buffer.alloc(count * 2);
    for (let i = 0; i < count; i++) {
      const [r, g, b] = [rounded(data[i * 4]), rounded(data[i * 4 + 1]), rounded(data[i * 4 + 2])];
      const colour = r * 0x10000 + g * 0x100 + b;
      const number = numbers.get(colour) ?? numbers.size;
      numbers.set(colour, number);
      plane[i] = number % 0x100;
      plane[count + i] = Math.floor(number / 0x100);
    }
    return plane;
  });
  const sizes = [...pictures].map(([name, { width, height }]) => ({ name, width, height }));
  const head: Head = { sizes, colours: [...numbers.keys()] };
  const { BROTLI_PARAM_LGWIN, BROTLI_PARAM_QUALITY, BROTLI_MAX_WINDOW_BITS } = constants;
  return brotliCompressSync(Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), ...planes]), {
    params: { [BROTLI_PARAM_QUALITY]: 9, [BROTLI_PARAM_LGWIN]: BROTLI_MAX_WINDOW_BITS },
  });
}

/** @returns a picture by its name, `null` where there is none */
export function unpackPictures(packed: Uint8Array): (name: string) => Picture | null {
  const raw = brotliDecompressSync(packed);
  let at = raw.indexOf("\n") + 1;
  const { sizes, colours }: Head = JSON.parse(raw.toString("utf8", 0, at));
  const places = new Map(
    sizes.map((size) => {
      const place = { ...size, at };
      at += size.width * size.height * 2;
      return [size.name, place];
    }),
  );
  return (name) => {
    const place = places.get(name);
    if (place === undefined) return null;
    const { width, height } = place;
    const count = width * height;
    const data = Buffer.alloc(count * 4);
    for (let i = 0; i < count; i++) {
      const number = (raw[place.at + i] ?? 0) + (raw[place.at + count + i] ?? 0) * 0x100;
      data.writeUInt32BE(((colours[number] ?? 0) * 0x100 + 0xff) >>> 0, i * 4);
    }
    return { width, height, data };
  };
}
