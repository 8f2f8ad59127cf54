import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { listeningInodes, parseStat } from "../../../../../server/release/owners/parse-proc.ts";

const HEADER =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const row = (local: string, port: number, state: string, inode: string) =>
  `   0: ${local}:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000 100 0 0 10 0`;
const V6 = "00000000000000000000000001000000";

describe("listening sockets", () => {
  test("REL-17c those that listen on the port, by IPv4 and IPv6, and no others", () => {
    const text = [
      HEADER,
      row("0100007F", 8188, "0A", "111"),
      row("00000000", 8188, "0A", "112"),
      row(V6, 8188, "0A", "113"),
      // Connections of the same port, a closing one without an inode, and another port.
      row("0100007F", 8188, "01", "211"),
      row("0100007F", 8188, "06", "0"),
      row("0100007F", 8189, "0A", "311"),
      "",
    ].join("\n");
    expect(listeningInodes(text, 8188)).toEqual(["111", "112", "113"]);
    expect(listeningInodes(text, 8189)).toEqual(["311"]);
    expect(listeningInodes(text, 0x81)).toEqual([]);
  });

  test("REL-17c every port is found by its own number alone", () => {
    const port = fc.integer({ min: 1, max: 65_535 });
    fc.assert(
      fc.property(fc.uniqueArray(port, { minLength: 1, maxLength: 6 }), (ports) => {
        const text = [HEADER, ...ports.map((one, i) => row("0100007F", one, "0A", String(i + 1)))].join("\n");
        expect(ports.map((one) => listeningInodes(text, one))).toEqual(ports.map((_, i) => [String(i + 1)]));
      }),
    );
  });

  test("REL-17c whatever else stands there is passed over", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 65_535 }), (text, port) => {
        expect(listeningInodes(text, port)).toEqual([]);
      }),
    );
    expect(listeningInodes(HEADER, 8188)).toEqual([]);
    expect(listeningInodes(row("0100007F", 8188, "0A", "1").slice(0, 40), 8188)).toEqual([]);
  });
});

describe("parents", () => {
  const stat = (name: string, parent: number, start: number) =>
    `4711 (${name}) S ${parent} 4711 4711 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 ${start} 1000 200 18446744073709551615`;

  test("REL-17c parent and start time stand behind the name, whatever that is", () => {
    const name = fc.oneof(
      fc.string({ maxLength: 15 }),
      fc.constantFrom("python3", "a) S 1 (b", "(sd-pam)", ") ) )", ""),
    );
    const number = fc.integer({ min: 0, max: 4_194_304 });
    fc.assert(
      fc.property(name, number, number, (called, parent, start) => {
        expect(parseStat(stat(called, parent, start))).toEqual({
          name: called,
          parent,
          startTime: String(start),
          hasEnded: false,
        });
      }),
    );
  });

  test("REL-17c what is cut short, empty or something else is no parent", () => {
    const whole = stat("python3", 12, 34);
    expect(parseStat("")).toBeNull();
    expect(parseStat(whole.slice(0, 30))).toBeNull();
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseStat(text);
      }),
    );
  });

  test.runIf(process.platform === "linux")(
    "REL-17c this process has the parent that the kernel tells",
    () => {
      const parsed = parseStat(readFileSync("/proc/self/stat", "utf8"));
      expect(parsed?.parent).toBe(process.ppid);
      expect(Number(parsed?.startTime)).toBeGreaterThan(0);
    },
  );
});
