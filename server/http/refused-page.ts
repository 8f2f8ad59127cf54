import type { IncomingMessage, ServerResponse } from "node:http";
import type { Problem } from "../../shared/problems/problem.ts";
import { wordsOf } from "../../shared/problems/problem.ts";
import { problemsZhCn } from "../../shared/problems/zh-cn.ts";
import { sendProblem } from "./respond.ts";

/** Says what is wrong: as a page to somebody who has opened one, as JSON to a program. */
export function sendRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  why: Problem,
) {
  const wantsPage = /\btext\/html\b/.test(request.headers.accept ?? "");
  if (!wantsPage) return sendProblem(response, status, why);
  const chinese = wordsOf(why, problemsZhCn);
  const content = Buffer.from(
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
      `<title>GPU status</title><body>${paragraph(why)}<div lang="zh-CN">${paragraph(chinese)}</div></body></html>\n`,
  );
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-length": content.length,
    "cache-control": "no-store",
  });
  response.end(request.method === "HEAD" ? undefined : content);
}

const paragraph = ({ message, advice }: { message: string; advice: string }) =>
  `<p><b>${escapeText(message)}</b></p><p>${escapeText(advice)}</p>`;

function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
