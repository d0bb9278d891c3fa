/** Small notices that come, say one thing, and go. */

export type Toast = {
  id: string;
  words: string;
  tone: "plain" | "danger";
  /** What the notice leads to. */
  action?: { label: string; run: () => void };
  /** Takes the act back that the notice tells of; Ctrl Z does the same. */
  undo?: () => void;
  /** Stays until it is used or closed. */
  stays?: boolean;
};

export const STAY_MS = 8000;
const MOST = 3;

type Clock = { timer: ReturnType<typeof setTimeout> | undefined; leftMs: number; startedAt: number };

let toasts: readonly Toast[] = [];
/** Why notices stay for now. */
type Reason = "pointer" | "focus" | "hidden";
const reasons = new Set<Reason>();
const clocks = new Map<string, Clock>();
const listeners = new Set<() => void>();

function change(next: readonly Toast[]): void {
  toasts = next;
  if (next.length === 0) {
    // Where nothing is, nobody points, and the browser may not say that they left.
    reasons.delete("pointer");
    reasons.delete("focus");
  }
  const ids = new Set(next.map((toast) => toast.id));
  for (const [id, clock] of clocks) {
    if (ids.has(id)) continue;
    clearTimeout(clock.timer);
    clocks.delete(id);
  }
  for (const listener of listeners) listener();
}

export const getToasts = () => toasts;

export function subscribeToasts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Show a notice; one with the same id takes the place of the earlier one, and stays as long. */
export function showToast(toast: Toast): void {
  const others = toasts.filter((each) => each.id !== toast.id);
  clearTimeout(clocks.get(toast.id)?.timer);
  const clock: Clock = { timer: undefined, leftMs: STAY_MS, startedAt: 0 };
  clocks.delete(toast.id);
  if (toast.stays !== true) {
    clocks.set(toast.id, clock);
    if (reasons.size === 0) run(toast.id, clock);
  }
  change([...others, toast].slice(-MOST));
}

export function hideToast(id: string): void {
  if (toasts.some((toast) => toast.id === id)) change(toasts.filter((toast) => toast.id !== id));
}

function run(id: string, clock: Clock): void {
  clock.startedAt = Date.now();
  clock.timer = setTimeout(() => hideToast(id), clock.leftMs);
}

/** While someone points at the notices, is among them with the keyboard, or looks elsewhere, none goes. */
export function pauseToasts(reason: Reason): void {
  const wasPaused = reasons.size > 0;
  reasons.add(reason);
  if (wasPaused) return;
  for (const clock of clocks.values()) {
    clearTimeout(clock.timer);
    clock.leftMs = Math.max(0, clock.leftMs - (Date.now() - clock.startedAt));
  }
}

export function resumeToasts(reason: Reason): void {
  if (!reasons.delete(reason) || reasons.size > 0) return;
  for (const [id, clock] of clocks) run(id, clock);
}

/** Say that an act failed. */
export function showProblem(words: string): void {
  showToast({ id: `problem-${words}`, words, tone: "danger" });
}
