import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

/** Nearer to the end than this, in pixels, counts as being there. */
const NEAR_PX = 64;

/** While text comes, stay at its end; a reader who scrolls up stays where they are. */
export function useFollowEnd(
  scroller: RefObject<HTMLElement | null>,
  isLive: boolean,
  length: number,
) {
  const isAtEnd = useRef(true);
  const [isAway, setAway] = useState(false);

  useEffect(() => {
    const element = scroller.current;
    if (element === null || !isLive) return undefined;
    let top = element.scrollTop;
    const onScroll = () => {
      // Words that came meanwhile make the way to the end longer; only a reader makes it so upwards.
      const isUp = element.scrollTop < top;
      top = element.scrollTop;
      if (distance(element) < NEAR_PX) isAtEnd.current = true;
      else if (isUp) isAtEnd.current = false;
      setAway(!isAtEnd.current);
    };
    element.addEventListener("scroll", onScroll, { passive: true });
    // The words may be drawn later than they came.
    const growth = new ResizeObserver(() => {
      if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    });
    for (const child of element.children) growth.observe(child);
    return () => {
      growth.disconnect();
      isAtEnd.current = true;
      element.removeEventListener("scroll", onScroll);
      setAway(false);
    };
  }, [isLive, scroller]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element !== null && isLive && isAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [isLive, length, scroller]);

  const jump = () => {
    const element = scroller.current;
    if (element === null) return;
    isAtEnd.current = true;
    element.scrollTop = element.scrollHeight;
  };

  return { isAway: isAway && isLive, jump };
}

function distance(element: HTMLElement): number {
  return element.scrollHeight - element.scrollTop - element.clientHeight;
}
