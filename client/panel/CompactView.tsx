import { lazy, memo, Suspense } from "react";
import { useMessages } from "../i18n/use-messages.ts";
import { selectWaiting } from "../store/selectors.ts";
import { usePanel } from "../store/use-panel.ts";
import { ChipIcon } from "../ui/icons.tsx";
import { View } from "../ui/View.tsx";
import { Answer } from "./concurrency/Answer.tsx";
import { ProfilePicker } from "./concurrency/ProfilePicker.tsx";
import { StatusPill } from "./connection/StatusPill.tsx";
import { GpuLine, GpuLineHead } from "./gpus/GpuLine.tsx";
import { gpuName } from "./gpus/gpu-name.ts";
import { AlertSlot } from "./health/AlertSlot.tsx";
import { Later } from "./Later.tsx";
import { laterPart } from "./later-part.ts";
import { ReleaseButton } from "./release/ReleaseButton.tsx";
import { ThenLine } from "./release/ThenLine.tsx";
import { useOutlook } from "./release/use-outlook.ts";
import type { ViewProps } from "./view-props.ts";

const NoGpus = lazy(() => import("./gpus/NoGpus.tsx"));
const Why = laterPart("Why");
const Settings = laterPart("Settings");
const DetailsButton = laterPart("DetailsButton");

/** More of them have one line each. */
const MOST_WITH_TWO_LINES = 4;

/** For a sidebar: the answer, a line or two for each GPU, the button. */
export function CompactView(props: ViewProps) {
  const { gpus } = props;
  const waits = usePanel(selectWaiting);
  const [only] = gpus.length === 1 ? gpus : [];
  return (
    <View className="cp">
      <Head name={only === undefined ? "" : gpuName(only.gpu.name)} />
      {gpus.length === 0 && !waits ? (
        <Suspense>
          <NoGpus />
        </Suspense>
      ) : (
        <Body {...props} />
      )}
    </View>
  );
}

const Head = memo(function Head({ name }: { name: string }) {
  const m = useMessages();
  return (
    <header className="hd">
      <div className="ttl">
        <ChipIcon />
        <h1 className="strong">{m.brief}</h1>
      </div>
      <span className="muted cut">{name}</span>
      <div className="rt">
        <AlertSlot watches />
        <StatusPill brief />
        <Later fallback={<span className="ico" />}>
          <Settings withStyles />
        </Later>
      </div>
    </header>
  );
});

function Body({ gpus, capacity, expected }: ViewProps) {
  const m = useMessages();
  const list = gpus.map(({ gpu }) => gpu);
  const waits = gpus.length === 0;
  const brief = (waits ? expected : gpus.length) > MOST_WITH_TWO_LINES;
  const canStart = capacity?.canStart ?? null;
  const { control, outlook } = useOutlook(capacity);
  return (
    <>
      {capacity === null ? (
        <>
          <div className="c1">
            <i className="sk" />
          </div>
          <div className="c2" />
        </>
      ) : (
        <>
          <div className="c1" title={outlook.verdict ?? undefined}>
            <Answer
              text={m.concurrency.moreBrief}
              n={canStart}
              quiet=""
              why={(canStart ?? 0) === 0 ? outlook.why : null}
            />
            <Later fallback={<span className="ico push" />}>
              <Why capacity={capacity} gpus={list} brief />
            </Later>
          </div>
          <div className="c2">
            <span className="muted">{m.concurrency.for}</span>
            <ProfilePicker chosen={capacity.profile.id} />
          </div>
        </>
      )}
      <div className="rows">
        {brief && <GpuLineHead />}
        {waits &&
          Array.from({ length: expected || 1 }, (_, index) => (
            <div key={String(index)} className={brief ? "cr one" : "cr"}>
              <span className="br bar" />
            </div>
          ))}
        {gpus.map(({ gpu }, i) => (
          <GpuLine key={gpu.uuid} gpu={gpu} known={capacity?.promises[i]} brief={brief} />
        ))}
      </div>
      {(!waits || expected > 0) && (
        // How many rows will come is known: what stands below them is not pushed.
        <>
          <ReleaseButton control={control} outlook={outlook} withResult />
          <div className="c9">
            {outlook.dot !== null && outlook.say === null && (
              <i className="dot" data-tone={outlook.dot.tone} />
            )}
            <ThenLine
              outlook={{ ...outlook, after: outlook.after ?? outlook.dot?.text ?? null }}
              className="cut"
            />
            {outlook.hasDetails && (
              <Suspense>
                <DetailsButton control={control} />
              </Suspense>
            )}
          </div>
        </>
      )}
    </>
  );
}
