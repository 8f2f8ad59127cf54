import { type RefObject, useEffect, useState } from "react";

/** Whether it can be seen, or soon: it is so many pixels away at most. @param at first what it is taken for */
export function useOnScreen(place: RefObject<Element | null>, at = false, nearPx = 0): boolean {
  const [seen, setSeen] = useState(at);
  useEffect(() => {
    if (place.current === null) return;
    const observer = new IntersectionObserver((entries) => setSeen(entries.at(-1)?.isIntersecting === true), {
      rootMargin: `${nearPx}px 0px`,
    });
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [place, nearPx]);
  return seen;
}
