import { useLayoutEffect, useRef } from "react";

/** Styles that come with a part of the panel, for as long as it is shown; behind those that are there already. */
export function Styles({ css }: { css: string }) {
  // Empty, only to find the shadow root: what stands in it would be forbidden by some pages' policies.
  const place = useRef<HTMLStyleElement>(null);
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
  return <style ref={place} />;
}
