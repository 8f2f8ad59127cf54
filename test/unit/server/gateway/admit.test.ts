import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AdmitRules, createAdmit } from "../../../../server/gateway/admit.ts";
import { isLoopbackHost } from "../../../../shared/protocol/origins.ts";

const admit = (rules: Partial<AdmitRules> = {}) =>
  createAdmit({ allowOrigin: [], token: null, loopbackOnly: true, ...rules });
const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z0-9]$/);
/** Names that an attacker can own: something public behind anything, loopback names included. */
const foreignName = fc
  .tuple(
    fc.constantFrom("", "localhost.", "127.0.0.1.", "app.", "localhost-"),
    label,
    fc.constantFrom("com", "example", "lan"),
  )
  .map(([prefix, name, end]) => `${prefix}${name}.${end}`);
const port = fc.option(fc.integer({ min: 1024, max: 65_535 }), { nil: null });
const withPort = (name: string, n: number | null) => (n === null ? name : `${name}:${n}`);
const loopback = fc.oneof(
  fc.constantFrom("localhost", "127.0.0.1", "[::1]"),
  fc
    .tuple(fc.nat({ max: 255 }), fc.nat({ max: 255 }), fc.nat({ max: 255 }))
    .map((parts) => `127.${parts.join(".")}`),
  label.map((name) => `${name}.localhost`),
);

describe("the host", () => {
  test("SEC-2 bound to loopback, no public name is answered, on any port and from any page", () => {
    fc.assert(
      fc.property(foreignName, port, loopback, (name, n, page) => {
        const host = withPort(name, n);
        expect(admit().mayConnect({ host })?.code).toBe("host-refused");
        // Rebinding: the page of that name believes to talk to itself.
        expect(admit().mayConnect({ host, origin: `http://${host}` })?.code).toBe("host-refused");
        expect(admit().mayConnect({ host, origin: `http://${page}` })?.code).toBe("host-refused");
      }),
    );
  });

  test("SEC-2 every loopback name of any port is answered, IPv6 and capitals included", () => {
    fc.assert(
      fc.property(loopback, port, (name, n) => {
        expect(admit().mayConnect({ host: withPort(name, n) })).toBeNull();
        expect(admit().mayConnect({ host: withPort(name.toUpperCase(), n) })).toBeNull();
      }),
    );
    for (const host of ["[::2]:7870", "[fe80::1]", "[::ffff:8.8.8.8]:7870", "::1"]) {
      expect(admit().mayConnect({ host })?.code).toBe("host-refused");
    }
  });

  test("SEC-2 a host that is missing, malformed or dressed up as this machine is none", () => {
    for (const host of [
      "",
      undefined,
      "a b",
      "localhost@evil.example",
      "evil.example:7870",
      "192.168.1.5:7870",
      "0.0.0.0",
    ]) {
      expect(admit().mayConnect(host === undefined ? {} : { host })?.code).toBe("host-refused");
    }
  });

  test("SEC-2 an allowed origin's host is answered on its own port only", () => {
    const rules = admit({ allowOrigin: ["https://webui.example:8443"] });
    expect(rules.mayConnect({ host: "webui.example:8443" })).toBeNull();
    for (const host of ["webui.example", "webui.example:8444", "a.webui.example:8443"]) {
      expect(rules.mayConnect({ host })?.code).toBe("host-refused");
    }
    expect(admit({ allowOrigin: ["*"] }).mayConnect({ host: "any.example" })).toBeNull();
  });
});

describe("the host of a sidecar that is bound to the network", () => {
  const rules = admit({ loopbackOnly: false });

  test("SEC-2 a name that anyone could register is refused, its own page included: it may be rebound", () => {
    const registered = fc
      .tuple(
        fc.constantFrom("", "localhost.", "127.0.0.1.", "gpu.lan.", "local."),
        label,
        fc.constantFrom("com", "example"),
      )
      .map(([prefix, name, end]) => `${prefix}${name}.${end}`);
    fc.assert(
      fc.property(registered, port, (name, n) => {
        const host = withPort(name, n);
        expect(rules.mayConnect({ host })?.code).toBe("host-refused");
        expect(rules.mayConnect({ host, origin: `http://${host}` })?.code).toBe("host-refused");
        const announced = admit({ loopbackOnly: false, allowOrigin: [`http://${host}`] });
        expect(announced.mayConnect({ host, origin: `http://${host}` })).toBeNull();
      }),
    );
  });

  test("SEC-2 what is more than a name and a port is refused; a probe without a name is answered", () => {
    for (const host of [
      "",
      "a b",
      "gpu@evil.example",
      "lan?x.example",
      "lan#.lan",
      "lan/.lan",
      "1.2.3.4:x",
      "a\\b",
    ]) {
      expect(rules.mayConnect({ host })?.code).toBe("host-refused");
    }
    expect(rules.mayConnect({})).toBeNull();
  });
});

describe("the origin", () => {
  const scheme = fc.constantFrom("http", "https");

  test("SEC-1 a public page may neither connect nor read, unless exactly it is allowed", () => {
    fc.assert(
      fc.property(scheme, foreignName, port, fc.boolean(), (protocol, name, n, loopbackOnly) => {
        const origin = `${protocol}://${withPort(name, n)}`;
        const host = "localhost:7870";
        const refusing = admit({ allowOrigin: [`${origin}0`, `${protocol}://x.${name}`], loopbackOnly });
        expect(refusing.mayConnect({ host, origin })?.code).toBe("origin-refused");
        expect(refusing.mayRead(origin)).toBe(false);
        const allowing = admit({ allowOrigin: [origin], loopbackOnly });
        expect(allowing.mayConnect({ host, origin })).toBeNull();
        expect(allowing.mayRead(origin)).toBe(true);
      }),
    );
  });

  test("SEC-1b a page without an origin (null) may not connect, whatever name it calls the sidecar", () => {
    for (const host of ["localhost:7870", "gpu.lan:7870", "null"]) {
      const refused = admit({ loopbackOnly: false }).mayConnect({ host, origin: "null" });
      expect(refused?.code).toBe("origin-refused");
    }
    expect(admit().mayRead("null")).toBe(false);
  });

  test("SEC-1b what is no web origin may not connect either, and loopback pages of any port may", () => {
    const odd = [
      "",
      "file://",
      "javascript:1",
      "http://localhost:80@evil.example",
      "http://127.0.0.1.evil.example",
      "data:x",
    ];
    for (const origin of odd) {
      expect(admit().mayConnect({ host: "localhost:7870", origin })?.code).toBe("origin-refused");
      expect(admit().mayRead(origin)).toBe(false);
    }
    for (const origin of [
      "http://localhost:3000",
      "http://127.0.0.1",
      "https://[::1]:8188",
      "http://a.localhost:1",
    ]) {
      expect(admit().mayConnect({ host: "localhost:7870", origin })).toBeNull();
      expect(admit().mayRead(origin)).toBe(true);
    }
  });

  test("SEC-1 bound to the network, the sidecar's own page may, that of another port or name may not", () => {
    const rules = admit({ loopbackOnly: false });
    const ownName = fc
      .oneof(
        fc.ipV4(),
        fc.ipV6().map((address) => new URL(`http://[${address}]`).hostname),
        label,
        fc
          .tuple(label, fc.constantFrom("lan", "local", "internal", "home.arpa"))
          .map((parts) => parts.join(".")),
      )
      // Those of loopback may be called from any port.
      .filter((name) => !isLoopbackHost(name));
    fc.assert(
      fc.property(ownName, fc.integer({ min: 1024, max: 65_534 }), (name, n) => {
        const host = `${name}:${n}`;
        expect(rules.mayConnect({ host, origin: `http://${host}` })).toBeNull();
        for (const origin of [`http://${name}:${n + 1}`, `http://x${host}`, `http://${name}`]) {
          expect(rules.mayConnect({ host, origin })?.code).toBe("origin-refused");
        }
      }),
    );
  });

  test("SEC-10 the refusal names who was refused and what would allow it", () => {
    const refused = admit().mayConnect({ host: "localhost", origin: "https://evil.example" });
    expect(refused?.message).toContain("https://evil.example");
    expect(refused?.advice).toContain("--allow-origin https://evil.example");
  });
});

const far = { address: "10.0.0.1", isDirect: false };
const here = { address: "127.0.0.1", isDirect: true };

test("SEC-9 who guesses through a proxy on this machine does not shut out its programs", () => {
  const rules = admit({ token: "a-token-of-this-test" });
  const proxied = { ...here, isDirect: false };
  for (let i = 0; i < 20; i++) rules.mayAct([`guess number ${i}`], proxied);
  expect(rules.mayAct(["a-token-of-this-test"], proxied)?.code).toBe("too-many-requests");
  expect(rules.mayAct(["a-token-of-this-test"], here)).toBeNull();
});

test("SEC-9 only the very token acts, of whatever length and letters", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 8, unit: "grapheme" }),
      fc.string({ unit: "grapheme" }),
      (token, other) => {
        const rules = admit({ token });
        expect(rules.mayAct([token], far)).toBeNull();
        expect(rules.mayAct([undefined], far)?.code).toBe("not-allowed");
        expect(rules.mayAct([""], far)?.code).toBe("not-allowed");
        expect(rules.mayAct([`${token}x`], far)?.code).toBe("wrong-token");
        for (const wrong of [other, `${token}x`, token.slice(0, -1)]) {
          expect(rules.mayAct([wrong], far) === null).toBe(wrong === token);
        }
        expect(admit().mayAct([other], here)).toBeNull();
        expect(admit().mayAct([other], far)?.code).toBe("not-direct");
        // Looking needs no token.
        expect(rules.mayConnect({ host: "localhost" })).toBeNull();
      },
    ),
  );
});
