import { type ReactNode, Suspense } from "react";
import { useLater } from "../i18n/use-messages.ts";

/** Something that is loaded after the first figures have come; its place is kept by `fallback`. */
export function Later({ fallback, children }: { fallback: ReactNode; children: ReactNode }) {
  return useLater() === null ? fallback : <Suspense fallback={fallback}>{children}</Suspense>;
}
