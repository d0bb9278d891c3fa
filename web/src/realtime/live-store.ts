import type { Notice } from "@/api/types";
import { applyNotice, type LiveState, nothingLive, settle } from "./live-turn";

type Listener = () => void;

/** Runs once per painted frame; a hidden tab paints none, so a timer takes its place. */
function nextFrame(run: () => void): void {
  if (document.hidden) setTimeout(run, 100);
  else requestAnimationFrame(run);
}

/** The live state of each session that a page looks at. Listeners hear at most once per frame. */
export class LiveStore {
  private readonly states = new Map<string, LiveState>();
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly stale = new Set<string>();
  private isFrameAsked = false;

  get(sessionId: string): LiveState {
    return this.states.get(sessionId) ?? nothingLive;
  }

  subscribe(sessionId: string, listener: Listener): () => void {
    const group = this.listeners.get(sessionId) ?? new Set();
    group.add(listener);
    this.listeners.set(sessionId, group);
    return () => {
      group.delete(listener);
      if (group.size === 0) this.listeners.delete(sessionId);
    };
  }

  /** Fold a notice in. True when this notice showed that something was missed. */
  receive(sessionId: string, notice: Notice): boolean {
    const before = this.get(sessionId);
    const after = applyNotice(before, notice);
    this.set(sessionId, after);
    return after.isBehind && !before.isBehind;
  }

  settle(sessionId: string, turnId: string): void {
    this.set(sessionId, settle(this.get(sessionId), turnId));
  }

  forget(sessionId: string): void {
    this.states.delete(sessionId);
  }

  clear(): void {
    this.states.clear();
  }

  private set(sessionId: string, state: LiveState): void {
    if (state === this.get(sessionId)) return;
    this.states.set(sessionId, state);
    this.stale.add(sessionId);
    if (this.isFrameAsked) return;
    this.isFrameAsked = true;
    nextFrame(() => this.tell());
  }

  private tell(): void {
    this.isFrameAsked = false;
    const sessions = [...this.stale];
    this.stale.clear();
    for (const sessionId of sessions) {
      for (const listener of this.listeners.get(sessionId) ?? []) listener();
    }
  }
}

export const liveStore = new LiveStore();
