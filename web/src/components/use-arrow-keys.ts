import { type KeyboardEvent, useCallback } from "react";

const STEPS: Record<string, number> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

/** Arrow keys, Home and End move the focus among the `[data-arrow]` elements of a list. */
export function useArrowKeys() {
  return useCallback((event: KeyboardEvent<HTMLElement>) => {
    const items = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-arrow]")];
    const here = items.indexOf(document.activeElement as HTMLElement);
    const target = destination(event.key, here, items.length);
    if (here < 0 || target === null) return;
    event.preventDefault();
    items[target]?.focus();
  }, []);
}

function destination(key: string, here: number, count: number): number | null {
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const step = STEPS[key];
  if (step === undefined) return null;
  return Math.max(0, Math.min(count - 1, here + step));
}
