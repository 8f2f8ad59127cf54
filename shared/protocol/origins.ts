const LOOPBACK_HOSTS = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** True for a host name (as in `URL.hostname`) that can only be this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return (
    LOOPBACK_HOSTS.has(hostname) || /^127(\.\d{1,3}){3}$/.test(hostname) || hostname.endsWith(".localhost")
  );
}

/**
 * May a page of `origin` embed the panel and connect? `allowed` are the origins of `--allow-origin`;
 * loopback origins of any port always may. `*` allows every origin.
 */
export function isAllowedOrigin(origin: string, allowed: readonly string[]): boolean {
  if (allowed.includes("*") || allowed.includes(origin)) return true;
  const hostname = /^https?:\/\/(\[[0-9a-f:]+\]|[^/:[\]@]+)(?::\d+)?$/i.exec(origin)?.[1];
  return hostname !== undefined && isLoopbackHost(hostname.toLowerCase());
}
