// Whether samples come. Port and base path are those of the environment, not of flags.
const { GPU_PANEL_PORT = "7870", GPU_PANEL_BASE_PATH = "" } = process.env;
const path = ["", ...GPU_PANEL_BASE_PATH.split("/").filter(Boolean), "healthz"].join("/");
try {
  const response = await fetch(`http://127.0.0.1:${GPU_PANEL_PORT || 7870}${path}`);
  process.stdout.write(`${await response.text()}\n`);
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  process.stdout.write(`${error}\n`);
  process.exitCode = 1;
}
