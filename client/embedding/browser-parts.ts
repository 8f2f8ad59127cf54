import { createEarlySource } from "../connection/early-source.ts";
import type { LiveSourceOptions } from "../connection/live-source.ts";
import { createRefusedSource } from "../connection/refused-source.ts";
import { createSharedParts } from "../store/shared-parts.ts";

/** The connections of this page. Made by the entry, which is what lives as long as the page. */
export const createBrowserParts = () =>
  createSharedParts(openSource, {
    isVisible: () => document.visibilityState !== "hidden",
    onVisible(listener) {
      document.addEventListener("visibilitychange", listener);
      return () => document.removeEventListener("visibilitychange", listener);
    },
  });

function openSource(options: LiveSourceOptions) {
  return /^https?:\/\/[^/]/.test(options.baseUrl)
    ? createEarlySource(options)
    : createRefusedSource("sidecar-address", { url: options.baseUrl });
}

/**
 * The sidecar's base address, with a slash at the end. What is no http address comes back as it is, and the panel
 * says so.
 * @param base what a relative address is relative to
 */
export function sidecarAddress(url: string, base: string): string {
  if (!URL.canParse(url, base)) return url;
  const { origin, pathname, protocol } = new URL(url, base);
  if (!/^https?:$/.test(protocol)) return url;
  return `${origin}${pathname.replace(/\/*$/, "/")}`;
}
