import * as v from "valibot";
import { type CommandContext, defineCommand, nothingElse, wholeText } from "./define-command.ts";
import { NO, NOT_ASKED, YES } from "./exit-codes.ts";
import { notAnswered } from "./refused.ts";
import { sizeText } from "./run/size.ts";

const figure = v.nullable(v.number());

/** What is read of `GET /api/v1/fit`; an option of a newer panel is shown by its kind. */
const answerSchema = v.object({
  profile: v.string(),
  fits: v.nullable(v.boolean()),
  canStart: figure,
  missingMiB: figure,
  never: v.boolean(),
  peakMiB: v.number(),
  basis: v.string(),
  options: v.array(
    v.object({
      kind: v.string(),
      enough: v.boolean(),
      label: v.optional(v.string()),
      backends: v.optional(v.array(v.string())),
      gainMiB: v.optional(v.number()),
      peakMiB: v.optional(v.number()),
    }),
  ),
  perGpu: v.array(v.object({ index: v.number(), canStart: figure, explanation: v.string() })),
});
type Answer = v.InferOutput<typeof answerSchema>;
const profilesSchema = v.object({
  profiles: v.array(v.object({ id: v.string(), label: v.string(), peakMiB: v.number() })),
});

export const fit = defineCommand({
  name: "fit",
  flags: [
    { name: "profile", value: "ID" },
    { name: "peak", value: "SIZE" },
    { name: "gpus", value: "N" },
  ],
  schema: v.object({
    profile: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(80))),
    peak: v.optional(v.pipe(v.string(), sizeText)),
    gpus: v.optional(wholeText(1, 64)),
    rest: nothingElse,
  }),
  async run({ profile, peak, gpus }, context) {
    if (profile === undefined && peak === undefined) return nameProfiles(context);
    const query = new URLSearchParams({ lang: context.language });
    if (profile !== undefined) query.set("profile", profile);
    if (peak !== undefined) query.set("peakMiB", String(peak));
    if (gpus !== undefined) query.set("gpus", String(gpus));
    const told = await context.panel.call(`api/v1/fit?${query}`, answerSchema);
    if (told.kind !== "told") return notAnswered(told, context);
    context.print(context.isJson ? JSON.stringify(told.data) : textOf(told.data, context));
    return told.data.fits === true ? YES : NO;
  },
});

async function nameProfiles(context: CommandContext): Promise<number> {
  const { words, complain } = context;
  const told = await context.panel.call("api/v1/profiles", profilesSchema);
  if (told.kind !== "told") return notAnswered(told, context);
  complain(words.fit.which);
  complain(words.fit.profiles);
  for (const { id, label, peakMiB } of told.data.profiles) complain(`  ${id}  ${label}, ${peakMiB} MiB`);
  return NOT_ASKED;
}

function textOf(answer: Answer, { words }: CommandContext): string {
  const { profile, fits, canStart, missingMiB, never, options, perGpu } = answer;
  const say = words.fit;
  const first =
    fits === null
      ? say.unknown(profile)
      : fits
        ? say.fits(profile, canStart)
        : never
          ? say.never(profile)
          : say.not(profile, missingMiB);
  return [
    first,
    ...perGpu.map(({ index, explanation }) => `GPU ${index}: ${explanation}`),
    ...options.map((one) =>
      say.option(
        one.kind,
        one.label ?? one.backends?.join(", ") ?? "",
        one.gainMiB ?? one.peakMiB ?? null,
        one.enough,
      ),
    ),
  ].join("\n");
}
