/** Small notices that come, say one thing, and go. */

export type Toast = {
  id: string;
  words: string;
  tone: "plain" | "danger";
  /** What the notice leads to. */
  action?: { label: string; run: () => void };
};

const STAY_MS = 8000;
const MOST = 3;

let toasts: readonly Toast[] = [];
const listeners = new Set<() => void>();

function change(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

export const getToasts = () => toasts;

export function subscribeToasts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Show a notice; one with the same id takes the place of the earlier one. */
export function showToast(toast: Toast): void {
  change([...toasts.filter((each) => each.id !== toast.id), toast].slice(-MOST));
  setTimeout(() => hideToast(toast.id), STAY_MS);
}

export function hideToast(id: string): void {
  if (toasts.some((toast) => toast.id === id)) change(toasts.filter((toast) => toast.id !== id));
}

/** Say that an act failed. */
export function showProblem(words: string): void {
  showToast({ id: `problem-${words}`, words, tone: "danger" });
}
