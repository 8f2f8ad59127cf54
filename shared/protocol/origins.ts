const LOOPBACK_HOSTS = new Set(["localhost", "127.0.0.1", "[::1]"]);
const LOOPBACK_IPV4 = /^127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;
/** `host[:port]` and nothing else: what a URL parser would cut off or reinterpret makes it something else. */
const AUTHORITY = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i;
const ORIGIN = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)$/i;

/** True for a host name (as in `URL.hostname`) that can only be this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return LOOPBACK_HOSTS.has(hostname) || LOOPBACK_IPV4.test(hostname) || hostname.endsWith(".localhost");
}

/** The host name of `host[:port]`, in small letters; `null` for anything else. */
export function hostnameOf(authority: string): string | null {
  return AUTHORITY.exec(authority)?.[1]?.toLowerCase() ?? null;
}

/** True for `scheme://host[:port]` and nothing more. `null`, which pages without an origin send, is none. */
export function isOrigin(text: string): boolean {
  return hostnameOf(ORIGIN.exec(text)?.[2] ?? "") !== null;
}

/**
 * May a page of `origin` embed the panel and connect? `allowed` are the origins of `--allow-origin`;
 * loopback origins of any port always may. `*` allows every origin.
 */
export function isAllowedOrigin(origin: string, allowed: readonly string[]): boolean {
  if (!isOrigin(origin)) return false;
  return allowed.includes("*") || allowed.includes(origin) || isLoopbackOrigin(origin);
}

/** True for an origin of a web page that this machine serves, on any port. */
export function isLoopbackOrigin(origin: string): boolean {
  const [, scheme = "", authority = ""] = ORIGIN.exec(origin) ?? [];
  return /^https?$/i.test(scheme) && isLoopbackHost(hostnameOf(authority) ?? "");
}
