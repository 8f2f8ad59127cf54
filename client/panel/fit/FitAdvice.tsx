import { useContext, useEffect, useState } from "react";
import { type FitAdvice as Advice, type FitOption, fitAdviceSchema } from "../../../shared/capacity/fit.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { Profile } from "../../../shared/profiles/profile.ts";
import { replySchema } from "../../../shared/protocol/reply.ts";
import { duration } from "../../i18n/durations.ts";
import type { FitWords } from "../../i18n/fit/words.ts";
import { gib } from "../../i18n/format.ts";
import type { ProfileWords } from "../../i18n/profiles/words.ts";
import { useLater } from "../../i18n/use-messages.ts";
import { selectBackends } from "../../store/selectors.ts";
import { usePanel, usePanelParts } from "../../store/use-panel.ts";
import { ProfileContext } from "../concurrency/use-capacity.ts";
import { backendNameOf } from "../release/backend-name.ts";
import { LookContext } from "../settings/look.ts";

interface FitAdviceProps {
  profile: Profile;
  /** What the answer depends on and this part does not know: asked anew when it changes. */
  asOf: string;
}

const replySchemaOfFit = replySchema(fitAdviceSchema);

/** What would make a job fit that does not, in order of least harm, each with its figure. */
export default function FitAdvice({ profile: { id }, asOf }: FitAdviceProps) {
  const later = useLater();
  const words = later?.fit ?? null;
  const { language } = useContext(LookContext);
  const backends = usePanel(selectBackends);
  const { source } = usePanelParts();
  const { choose } = useContext(ProfileContext);
  const [answer, setAnswer] = useState<Advice | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked anew when the figures have changed
  useEffect(() => {
    let isWanted = true;
    void source
      .ask(replySchemaOfFit, (sidecar) => sidecar.emitWithAck("fit", { profile: id }))
      .then((reply) => {
        if (isWanted && reply.ok) setAnswer(reply.data);
      });
    return () => {
      isWanted = false;
    };
  }, [source, id, asOf]);
  if (words === null || answer === null) return null;
  const say: Say = {
    backend: (id) => backendNameOf(id, backends),
    profile: later?.profile ?? ((option) => option),
    time: (seconds) => duration(seconds, language),
  };
  return (
    <div className="fit">
      <p>{answer.never ? words.never : fillIn(words.missing, { gib: gib(answer.missingMiB) })}</p>
      {answer.options.length === 0 && <p>{words.nothing}</p>}
      <ul>
        {answer.options.map((option) => (
          <li key={keyOf(option)} data-enough={option.enough}>
            <span>{sentence(option, words, say)}</span>
            {"profile" in option && option.enough ? (
              <button type="button" className="go" onClick={() => choose(option.profile)}>
                {words.choose}
              </button>
            ) : (
              <span className="muted">{option.enough ? words.enough : words.notEnough}</span>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

function keyOf(option: FitOption): string {
  if ("profile" in option) return option.profile;
  return option.kind === "wait" ? option.job : option.kind;
}

/** What an option names, in the panel's language. */
interface Say {
  backend(id: string): string;
  profile: ProfileWords;
  time(seconds: number): string;
}

function sentence(option: FitOption, words: FitWords, say: Say): string {
  switch (option.kind) {
    case "release":
    case "restart": {
      const backends = option.backends.map(say.backend).join(", ");
      return fillIn(words[option.kind], { backends, gib: gib(option.gainMiB) });
    }
    case "wait": {
      const { label: job, secondsLeft, gainMiB } = option;
      if (secondsLeft === null) return fillIn(words.waitUnknown, { job, gib: gib(gainMiB) });
      return fillIn(words.wait, { job, gib: gib(gainMiB), time: say.time(secondsLeft) });
    }
    case "vae-tiling":
      return fillIn(words.tiling, { gib: gib(option.gainMiB) });
    default:
      return fillIn(words.other[option.kind], { label: say.profile(option).label, gib: gib(option.peakMiB) });
  }
}
