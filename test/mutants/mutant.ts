/** One bug put into the code on purpose: its covering tests have to fail. */
export interface Mutant {
  file: string;
  /** Stands in the file exactly once. */
  find: string;
  replacement: string;
  /** The test files that cover it; one that fails is enough. */
  tests: readonly string[];
}

/** Tests of these folders run what was built. */
export const needsBuild = ({ tests }: Mutant) =>
  tests.some((test) => /^test\/(?:integration|contract|e2e|long)\//.test(test));

/** Vite's modes that make what `npm run build` does. */
export const BUILDS: readonly string[] = ["page", "element", "react", "server"];

/** The builds that a file can be part of. */
export function buildsOf(file: string): readonly string[] {
  if (file.startsWith("server/")) return ["server"];
  if (file.startsWith("client/")) return ["page", "element", "react"];
  return BUILDS;
}

/** The file with the bug in it. Pure. */
export function mutate(text: string, { file, find, replacement }: Mutant): string {
  const parts = text.split(find);
  if (parts.length !== 2) {
    throw new Error(`${file}: "${find}" is found ${parts.length - 1} times; it has to stand there once`);
  }
  return parts.join(replacement);
}
