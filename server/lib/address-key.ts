/**
 * Who counts as one caller: an IPv4 address, or the /64 of an IPv6 address, all of which one machine has; and this
 * machine, whichever of its 16 million loopback addresses it calls from.
 * @param address the connection's own, as Node gives it; never what a header claims
 */
export function addressKey(address: string | undefined): string {
  if (address === undefined) return "unknown";
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const plain = mapped ?? address;
  if (plain === "::1" || plain.startsWith("127.")) return "127.0.0.1";
  if (!plain.includes(":")) return plain;
  // Dots stand in the last two of the eight parts, which do not count.
  const [head = "", tail] = address
    .replace(/%.*$|\d+(?:\.\d+){3}$/g, (end) => (end.startsWith("%") ? "" : "0:0"))
    .split("::");
  const before = head.split(":").filter(Boolean);
  const after = tail?.split(":").filter(Boolean) ?? [];
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
  return [...before, ...zeros, ...after]
    .slice(0, 4)
    .map((part) => part.toLowerCase().replace(/^0+(?=.)/, ""))
    .join(":");
}
