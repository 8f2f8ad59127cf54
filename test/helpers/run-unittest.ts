import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ownPython } from "./own-python.ts";
import { testsFolder } from "./run-folder.ts";

const PYTHON_FILE = fileURLToPath(new URL("../../integrations/python/", import.meta.url));

/**
 * Runs one Python module of tests by `python3 -m unittest`; throws with all its output when a test fails or none ran.
 * @param folder from the root of the project
 */
export async function runUnittest(folder: string, module: string): Promise<string> {
  const cwd = fileURLToPath(new URL(`../../${folder}/`, import.meta.url));
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    PYTHONPATH: PYTHON_FILE,
    TMPDIR: testsFolder(),
    PYTHONDONTWRITEBYTECODE: "1",
  };
  const python = await ownPython();
  return new Promise((resolve, reject) => {
    execFile(
      python,
      ["-m", "unittest", "-v", module],
      { cwd, env, timeout: 290_000, killSignal: "SIGINT", maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const said = `${stdout}${stderr}`;
        if (error === null && /^Ran [1-9]\d* tests? in /m.test(said)) resolve(said);
        else reject(new Error(`python3 -m unittest ${module} in ${folder}:\n${said || String(error)}`));
      },
    );
  });
}
