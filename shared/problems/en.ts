import type { ProblemCatalog } from "./codes.ts";
import { groupProblemsEn } from "./group/en.ts";
import { jobsProblemsEn } from "./jobs/en.ts";
import { keptProblemsEn } from "./kept/en.ts";
import { releaseProblemsEn } from "./release/en.ts";
import { sourceProblemsEn } from "./source/en.ts";
import { wireProblemsEn } from "./wire/en.ts";

export const problemsEn: ProblemCatalog = {
  ...sourceProblemsEn,
  ...releaseProblemsEn,
  ...jobsProblemsEn,
  ...keptProblemsEn,
  ...groupProblemsEn,
  ...wireProblemsEn,
};
