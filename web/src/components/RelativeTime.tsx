import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { exactTime, relativeTime } from "@/i18n/times";

const MINUTE_MS = 60_000;
const listeners = new Set<() => void>();
let now = new Date();
let ticking: ReturnType<typeof setInterval> | undefined;

/** One clock for all times on the page, so that they change together. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  ticking ??= setInterval(() => {
    now = new Date();
    for (const each of listeners) each();
  }, MINUTE_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

/** The present minute. */
export function useNow(): Date {
  return useSyncExternalStore(subscribe, () => now);
}

/** How long ago, with the exact moment on hover. */
export function RelativeTime({ at }: { at: string }) {
  const { i18n } = useTranslation();
  const clock = useNow();
  const later = new Date(at) > clock ? new Date(at) : clock;
  return (
    <time dateTime={at} title={exactTime(at, i18n.language)}>
      {relativeTime(at, later, i18n.language)}
    </time>
  );
}
