// Goes on until Pinokio stops it, on the port where hosts of this machine look for the panel. It says its address first.
module.exports = {
  daemon: true,
  run: [
    {
      method: "shell.run",
      params: {
        venv: "env",
        message: ["gpu-status-panel"],
        on: [{ event: "/(http:\\/\\/[0-9.:]+\\/\\S*)/", done: true }],
      },
    },
    { method: "local.set", params: { url: "{{input.event[1]}}" } },
  ],
};
