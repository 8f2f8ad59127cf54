import type { ProblemCatalog } from "./codes.ts";
import { groupProblemsZhCn } from "./group/zh-cn.ts";
import { jobsProblemsZhCn } from "./jobs/zh-cn.ts";
import { keptProblemsZhCn } from "./kept/zh-cn.ts";
import { releaseProblemsZhCn } from "./release/zh-cn.ts";
import { sourceProblemsZhCn } from "./source/zh-cn.ts";
import { wireProblemsZhCn } from "./wire/zh-cn.ts";

export const problemsZhCn: ProblemCatalog = {
  ...sourceProblemsZhCn,
  ...releaseProblemsZhCn,
  ...jobsProblemsZhCn,
  ...keptProblemsZhCn,
  ...groupProblemsZhCn,
  ...wireProblemsZhCn,
};
