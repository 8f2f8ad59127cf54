import { useContext } from "react";
import { LookContext } from "../../panel/settings/look.ts";
import { fullEn } from "./en.ts";
import type { FullWords } from "./words.ts";
import { fullZhCn } from "./zh-cn.ts";

/** Both languages come with the full view: they are a few words, and a request each would be slower. */
export function useFullWords(): FullWords {
  return useContext(LookContext).language === "zh-CN" ? fullZhCn : fullEn;
}
