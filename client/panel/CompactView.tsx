import { useMessages } from "../i18n/use-messages.ts";
import { ChipIcon } from "../ui/icons.tsx";
import { View } from "../ui/View.tsx";
import { Concurrency } from "./concurrency/Concurrency.tsx";
import { Notices } from "./connection/Notices.tsx";
import { StatusPill } from "./connection/StatusPill.tsx";
import { GpuLine } from "./gpus/GpuLine.tsx";
import { NoGpus } from "./gpus/NoGpus.tsx";
import { AlertNotice } from "./health/AlertNotice.tsx";
import { ReleaseButton } from "./release/ReleaseButton.tsx";
import type { ViewProps } from "./view-props.ts";

/** For a sidebar: one line per GPU, the recommendation, the button. */
export function CompactView({ gpus, capacity }: ViewProps) {
  const m = useMessages();
  const list = gpus.map(({ gpu }) => gpu);
  return (
    <View className="view view-compact">
      <header className="top">
        <h1>
          <ChipIcon />
          {m.title}
        </h1>
        <StatusPill withRate={false} />
      </header>
      <Notices />
      <AlertNotice />
      {gpus.length === 0 ? (
        <NoGpus />
      ) : (
        <>
          <div className="gpu-lines">
            {list.map((gpu, i) => (
              <GpuLine key={gpu.uuid} gpu={gpu} unified={capacity?.promises[i]?.unified ?? null} />
            ))}
          </div>
          {capacity !== null && <Concurrency capacity={capacity} gpus={list} />}
          <ReleaseButton />
        </>
      )}
    </View>
  );
}
