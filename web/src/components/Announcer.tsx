import { useSyncExternalStore } from "react";

type Listener = () => void;
let said = { text: "", isUrgent: false };
const listeners = new Set<Listener>();

/** Have a screen reader say something: at a pause, or at once for failures. */
export function announce(text: string, { isUrgent = false } = {}): void {
  said = { text, isUrgent };
  for (const listener of listeners) listener();
}

function subscribe(listener: Listener): Listener {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The app's live regions. They are always there, since a region that comes with its text is not read. */
export function Announcer() {
  const { text, isUrgent } = useSyncExternalStore(subscribe, () => said);
  return (
    <div className="only-read-aloud">
      <div role="status" aria-live="polite">{isUrgent ? "" : text}</div>
      <div role="alert" aria-live="assertive">{isUrgent ? text : ""}</div>
    </div>
  );
}
