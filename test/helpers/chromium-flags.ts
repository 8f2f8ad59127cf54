/** How tests and measurements start Chromium: as root, without a GPU, and with nothing of its own going on. */
export const CHROMIUM_FLAGS: readonly string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Letters as the font draws them, not as the machine's settings would bend them to its pixels.
  "--font-render-hinting=none",
  // Names of hosts that are neither loopback nor anybody's.
  "--host-resolver-rules=MAP *.test 127.0.0.1",
];
