import { useLayoutEffect, useRef } from "react";

/** Styles that come with a part of the panel, for as long as it is shown; behind those that are there already. */
export function Styles({ css }: { css: string }) {
  // Only to find the shadow root: a <style>, even an empty one, is forbidden by some pages' policies.
  const place = useRef<HTMLTemplateElement>(null);
  useLayoutEffect(() => {
    const root = place.current?.getRootNode();
    if (!(root instanceof ShadowRoot)) return;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    return () => {
      root.adoptedStyleSheets = root.adoptedStyleSheets.filter((other) => other !== sheet);
    };
  }, [css]);
  return <template ref={place} />;
}
