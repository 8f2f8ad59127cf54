import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** One fenced code block of a README. */
export interface Snippet {
  /** First word after the fence: `sh`, `html`, `tsx`, `python`, … */
  language: string;
  /** What stands behind it, by convention the file the block belongs into: ```` ```tsx src/App.tsx ````; may be empty. */
  file: string;
  /** The nearest heading above the block. */
  heading: string;
  code: string;
}

/** The snippets of one README, to be run word for word. */
export interface ReadmeSnippets {
  /** Takes the one block of this language and, where it is given, of this file; throws unless it is exactly one. */
  take(language: string, file?: string): Snippet;
  /** Takes all blocks of this language in their order. */
  takeAll(language: string): Snippet[];
  /** Blocks that no test has taken yet, as `language file (heading)`: expect it to be empty at the end. */
  left(): string[];
}

const FENCE = /^(`{3,})[^\S\n]*(\S*)[^\S\n]*([^\n]*)\n([\s\S]*?)^\1[^\S\n]*$/gm;

/** Every fenced block of a Markdown text, in order. */
export function findSnippets(markdown: string): Snippet[] {
  return [...markdown.matchAll(FENCE)].map((match) => {
    const [, , language = "", file = "", code = ""] = match;
    const above = markdown.slice(0, match.index).replace(FENCE, "");
    const heading = [...above.matchAll(/^#+\s+(.+)$/gm)].at(-1)?.[1] ?? "";
    return { language, file: file.trim(), heading, code };
  });
}

/** @param path from the root of the project: `integrations/plain-html/README.md` */
export function readmeSnippets(path: string): ReadmeSnippets {
  const file = fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const snippets = findSnippets(readFileSync(file, "utf8"));
  const taken = new Set<Snippet>();
  const take = (found: Snippet) => {
    taken.add(found);
    return found;
  };
  const nameOf = ({ language, file, heading }: Snippet) => `${language} ${file} (${heading})`;
  return {
    take(language, wanted) {
      const found = snippets.filter(
        (snippet) => snippet.language === language && (wanted === undefined || snippet.file === wanted),
      );
      const [only] = found;
      if (only === undefined || found.length > 1) {
        throw new Error(
          `${path} has ${found.length} blocks of ${language} ${wanted ?? ""}; there are: ${snippets.map(nameOf).join(", ")}`,
        );
      }
      return take(only);
    },
    takeAll: (language) => snippets.filter((snippet) => snippet.language === language).map(take),
    left: () => snippets.filter((snippet) => !taken.has(snippet)).map(nameOf),
  };
}
