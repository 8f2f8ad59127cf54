import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { kill, pid } from "node:process";

const LOOK_MS = 100;
/** Between making the file and writing into it. */
const UNWRITTEN_MS = 5000;

/**
 * Runs something while no other process does so by the same file, and waits for it before.
 * @param {string} file
 * @param {() => void} run
 * @param {() => void} waiting called once, when another is at it
 */
export function oneAtATime(file, run, waiting = () => {}) {
  let told = false;
  while (!take(file)) {
    if (!told) waiting();
    told = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
  }
  // A build that fails exits the process, and its file must not stay.
  const leave = () => rmSync(file, { force: true });
  process.once("exit", leave);
  try {
    run();
  } finally {
    process.off("exit", leave);
    leave();
  }
}

/** Makes the file, or lets go of one whose process has ended. */
function take(file) {
  mkdirSync(dirname(file), { recursive: true });
  try {
    const made = openSync(file, "wx");
    writeSync(made, String(pid));
    closeSync(made);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (isLeft(file)) rmSync(file, { force: true });
    return false;
  }
}

function isLeft(file) {
  try {
    const owner = Number(readFileSync(file, "utf8"));
    if (owner === 0) return Date.now() - statSync(file).mtimeMs > UNWRITTEN_MS;
    kill(owner, 0);
    return false;
  } catch (error) {
    // Gone meanwhile, or its process is; one of another user lives.
    return error.code === "ESRCH";
  }
}
