import { useEffect } from "react";

const EVERY_MS = 5000;

/** Calls once the server answers again: asked at once when the network comes back, else now and then. */
export function useReturn(onReturn: () => void): void {
  useEffect(() => {
    const leaving = new AbortController();
    async function look(): Promise<void> {
      try {
        const answer = await fetch("/healthz", { cache: "no-store", signal: leaving.signal });
        if (answer.ok) onReturn();
      } catch {
        // Still away.
      }
    }
    const timer = setInterval(() => void look(), EVERY_MS);
    const onOnline = () => void look();
    window.addEventListener("online", onOnline);
    return () => {
      leaving.abort();
      clearInterval(timer);
      window.removeEventListener("online", onOnline);
    };
  }, [onReturn]);
}
