/** Saves what is typed, a moment after it was typed, until the server has it. */
import { ApiError, isWorthRetrying } from "@/api/errors";

/**
 * saved: the server has all of it · waiting: typed a moment ago · saving · retrying: it failed and
 * is tried again · refused: it failed and trying again does not help · stale: somebody saved a
 * newer version, nothing more is sent until that is settled.
 */
export type SaveState = "saved" | "waiting" | "saving" | "retrying" | "refused" | "stale";

export type Saving = { state: SaveState; error: unknown };

export const PAUSE_MS = 900;
/** Somebody who never pauses is saved this often. */
export const LONGEST_MS = 5_000;
export const RETRIES_MS = [2_000, 4_000, 8_000, 15_000, 30_000];

type Options<T> = {
  save: (content: T) => Promise<void>;
  isSame: (one: T, other: T) => boolean;
  onSaved: (content: T) => void;
};

export class Autosave<T> {
  private readonly options: Options<T>;
  private readonly listeners = new Set<() => void>();
  private snapshot: Saving = { state: "saved", error: null };
  private saved: T;
  private content: T;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private firstTypedAt: number | null = null;
  private nFailures = 0;
  private running: Promise<void> | null = null;

  constructor(saved: T, options: Options<T>) {
    this.options = options;
    this.saved = saved;
    this.content = saved;
  }

  readonly get = (): Saving => this.snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Whether there is something that the server has not. */
  get isDirty(): boolean {
    return !this.options.isSame(this.content, this.saved);
  }

  edit(content: T): void {
    this.content = content;
    const { state } = this.snapshot;
    if (state === "stale") return;
    if (!this.isDirty) {
      if (state !== "saving") this.rest();
      return;
    }
    this.firstTypedAt ??= Date.now();
    if (state === "saving" || state === "retrying") return;
    this.set("waiting");
    const left = this.firstTypedAt + LONGEST_MS - Date.now();
    this.schedule(Math.max(0, Math.min(PAUSE_MS, left)));
  }

  /** Save at once what is not saved: on Ctrl S, on leaving, when the connection is back. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    if (this.running !== null) await this.running;
    if (this.isDirty && this.snapshot.state !== "stale") await this.run();
  }

  /** What the server has is another text now; what differs from it is to be saved. */
  rebase(saved: T, content: T): void {
    this.saved = saved;
    this.content = content;
    this.nFailures = 0;
    this.rest();
    if (this.isDirty) this.edit(content);
  }

  /** Somebody else's version is in the way. */
  hold(): void {
    clearTimeout(this.timer);
    this.set("stale");
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private schedule(delay: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.run(), delay);
  }

  private rest(): void {
    clearTimeout(this.timer);
    this.firstTypedAt = null;
    this.set("saved");
  }

  private run(): Promise<void> {
    this.running ??= this.send().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async send(): Promise<void> {
    const content = this.content;
    this.firstTypedAt = null;
    this.set("saving");
    try {
      await this.options.save(content);
    } catch (error) {
      this.fail(error);
      return;
    }
    this.nFailures = 0;
    this.saved = content;
    if (this.isDirty) {
      this.set("waiting");
      this.schedule(PAUSE_MS);
      return;
    }
    this.rest();
    this.options.onSaved(content);
  }

  private fail(error: unknown): void {
    if (error instanceof ApiError && error.code === "stale_version") {
      this.set("stale", error);
    } else if (isWorthRetrying(error)) {
      this.set("retrying", error);
      this.schedule(RETRIES_MS[Math.min(this.nFailures, RETRIES_MS.length - 1)] ?? 0);
      this.nFailures += 1;
    } else {
      this.set("refused", error);
    }
  }

  private set(state: SaveState, error: unknown = null): void {
    if (state === this.snapshot.state && error === this.snapshot.error) return;
    this.snapshot = { state, error };
    for (const listener of this.listeners) listener();
  }
}
