import { createContext, type ReactNode, useContext } from "react";
import { useMessages } from "../i18n/use-messages.ts";

/** True where the panel is the page; in somebody else's page it is a section of it. */
export const OwnPageContext = createContext(false);

/** Frame of a view, with the landmark that it is. */
export function View({ className, children }: { className: string; children: ReactNode }) {
  const m = useMessages();
  return useContext(OwnPageContext) ? (
    <main className={className}>{children}</main>
  ) : (
    <section className={className} aria-label={m.title}>
      {children}
    </section>
  );
}
