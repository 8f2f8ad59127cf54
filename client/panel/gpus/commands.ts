/** Where a command is to be typed. */
export type CommandPlace = "ubuntu" | "docker" | "wsl" | "check";

const INSTALL = { where: "ubuntu", text: "sudo ubuntu-drivers install" } as const;
const DOCKER = { where: "docker", text: "docker run --gpus all …" } as const;
const CHECK = { where: "check", text: "nvidia-smi -L" } as const;
const WSL = { where: "wsl", text: "wsl --update && wsl --shutdown" } as const;
const BY_CODE: Readonly<Record<string, readonly { where: CommandPlace; text: string }[]>> = {
  "nvidia-smi-not-found": [INSTALL, DOCKER, CHECK],
  "no-driver": [{ where: "ubuntu", text: "sudo modprobe nvidia" }, CHECK],
  "driver-library-missing": [DOCKER, CHECK],
  "no-devices": [DOCKER, CHECK],
  "driver-library-mismatch": [{ where: "ubuntu", text: "sudo reboot" }, CHECK],
  "wsl-blocked": [WSL],
  "wsl-crash": [WSL],
};

/** What helps against a problem of the driver, as commands to copy; none where nothing is known. */
export const commandsFor = (code: string) => BY_CODE[code] ?? [];
