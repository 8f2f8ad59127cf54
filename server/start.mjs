#!/usr/bin/env node
// `npm start`: builds what is missing or older than its sources, then becomes the sidecar.
import { buildIfStale } from "../build/if-stale.mjs";

buildIfStale("build:sidecar");
await import("../dist/server/main.js");
