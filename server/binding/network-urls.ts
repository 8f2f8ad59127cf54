import { networkInterfaces } from "node:os";

/**
 * Where other machines find a panel that is bound to every address of this one.
 * @param url where this machine finds it
 */
export function networkUrls(url: string, host: string, interfaces = networkInterfaces()): string[] {
  if (host !== "0.0.0.0" && host !== "::") return [];
  return Object.values(interfaces).flatMap((addresses = []) =>
    addresses.flatMap(({ family, internal, address }) => {
      if (internal || family !== "IPv4") return [];
      const found = new URL(url);
      found.hostname = address;
      return [found.href];
    }),
  );
}
