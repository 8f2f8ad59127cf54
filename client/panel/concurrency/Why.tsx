import { lazy } from "react";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { InfoIcon } from "../../ui/later-icons.tsx";
import { PopButton } from "../../ui/PopButton.tsx";
import type { Capacity } from "./use-capacity.ts";

// Not needed for the first figures. A page that cannot load it still shows everything else.
const WhyPart = lazy(() => import("./WhyPart.tsx"));

interface WhyProps {
  capacity: Capacity;
  gpus: readonly Gpu[];
  /** A sign in place of the word. */
  brief?: boolean;
}

/** What the answer rests on, and how to make room where there is none. */
export function Why({ capacity, gpus, brief = false }: WhyProps) {
  const m = useMessages();
  return (
    <PopButton
      className={brief ? "ico push" : "go push"}
      label={m.concurrency.why}
      name={brief ? m.concurrency.why : undefined}
      wide
      shown={brief ? <InfoIcon /> : m.concurrency.why}
    >
      {() => <WhyPart capacity={capacity} gpus={gpus} />}
    </PopButton>
  );
}
