/** What a person typed and did not send, kept in their browser until it is sent or they log out. */

const PREFIX = "mojodex.draft.";

export function readDraft<T>(name: string, isDraft: (value: unknown) => value is T): T | null {
  try {
    const stored = localStorage.getItem(PREFIX + name);
    const value: unknown = stored === null ? null : JSON.parse(stored);
    return isDraft(value) ? value : null;
  } catch {
    return null;
  }
}

export function keepDraft(name: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // A full or closed store loses the draft on reload only; the page still has it.
  }
}

export function dropDraft(name: string): void {
  try {
    localStorage.removeItem(PREFIX + name);
  } catch {
    // Nothing was kept.
  }
}

/** A shared browser must not show one person's words to the next. */
export function forgetDrafts(): void {
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX)) localStorage.removeItem(key);
    }
  } catch {
    // Nothing was kept.
  }
}
