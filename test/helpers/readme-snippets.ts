import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** One fenced code block of a README, or one command within a line. */
export interface Snippet {
  /** First word after the fence: `sh`, `html`, `tsx`, `python`, …; `inline` for a command within a line. */
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
// A program with what it is to do; its bare name, a flag or a path are words of the sentence.
const COMMAND =
  /^(?:sudo )?(?:cp|curl|docker|filebeat|git|journalctl|ln|node|np[mx]|pip3?|promtool|python3?|systemctl|systemd-[a-z]+|wget)\s/;

/**
 * Every fenced block of a Markdown text in order, then every command within a line.
 * Throws where a fence is indented: such a block would be taken for nothing.
 */
export function findSnippets(markdown: string): Snippet[] {
  const headingAt = (index: number) => {
    const above = markdown.slice(0, index).replace(FENCE, "");
    return [...above.matchAll(/^#+\s+(.+)$/gm)].at(-1)?.[1] ?? "";
  };
  const blocks = [...markdown.matchAll(FENCE)].map((match) => {
    const [, , language = "", file = "", code = ""] = match;
    return { language, file: file.trim(), heading: headingAt(match.index), code };
  });
  // Of the same length, so that places stay.
  const prose = markdown.replace(FENCE, (block) => block.replace(/[^\n]/g, " "));
  const [stray] = /^.*`{3}.*$/m.exec(prose) ?? [];
  if (stray !== undefined) throw new Error(`A fence must begin its line and be closed: ${stray}`);
  const commands = [...prose.matchAll(/`([^`\n]+)`/g)]
    .filter(([, code = ""]) => COMMAND.test(code))
    .map(({ 1: code = "", index }) => ({ language: "inline", file: "", heading: headingAt(index), code }));
  return [...blocks, ...commands];
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
  const nameOf = ({ language, file, heading, code }: Snippet) =>
    `${language} ${language === "inline" ? code : file} (${heading})`;
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
