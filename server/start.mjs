#!/usr/bin/env node
// `npm start`: builds what is missing or older than its sources, then becomes the sidecar.
// Its own syntax is that of Node 12, so that an old Node gets as far as the sentence about it.
const version = process.versions.node.split(".").map(Number);

if (version[0] > 20 || (version[0] === 20 && version[1] >= 19)) {
  import("../build/if-stale.mjs").then((build) => {
    build.buildIfStale("build:sidecar");
    return import("../dist/server/main.js");
  });
} else {
  process.stderr.write(
    "gpu-status-panel: Node 20.19 or newer is needed, this is " +
      process.versions.node +
      ".\nGet it from https://nodejs.org, or with nvm: nvm install 22 && nvm use 22\n",
  );
  process.exitCode = 1;
}
