/**
 * What a page knows of the answer being written in one session, folded from notices.
 *
 * Rules (v1's wire): deltas of an attempt are numbered from 1; a higher attempt starts afresh, a
 * lower one is ignored; a hole is never guessed over: the page joins the session again and gets a
 * snapshot, after which deltas go on without a hole.
 */
import type { Notice, TurnTexts } from "@/api/types";

export type TurnPhase = "running" | "finished" | "failed" | "stopped";

export type LiveTurn = {
  turnId: string;
  attempt: number;
  /** Number of the last delta in `texts`. */
  seq: number;
  texts: TurnTexts;
  phase: TurnPhase;
  /** Why it failed, in words. */
  failure: string | null;
  /** The part seen last of a snapshot of which more parts are to come. */
  openPart: number | null;
};

export type LiveState = {
  turn: LiveTurn | null;
  /** Something was missed: join again. Cleared by the next snapshot or a new turn. */
  isBehind: boolean;
};

export const nothingLive: LiveState = { turn: null, isBehind: false };

const noTexts: TurnTexts = { message: "", draft_title: "", draft_body: "" };

function freshTurn(turnId: string, attempt: number): LiveTurn {
  return {
    turnId, attempt, seq: 0, texts: noTexts, phase: "running", failure: null, openPart: null,
  };
}

type Snapshot = Extract<Notice, { type: "turn_snapshot" }>;
type Delta = Extract<Notice, { type: "turn_delta" }>;
type Ending = Extract<Notice, { type: "turn_finished" | "turn_failed" | "turn_stopped" }>;

type Named = { turn_id: string; attempt: number };

function isSameAttempt(turn: LiveTurn | null, notice: Named): turn is LiveTurn {
  return turn !== null && turn.turnId === notice.turn_id && turn.attempt === notice.attempt;
}

/** Whether a notice speaks of something older than what is known. */
function isPast(turn: LiveTurn | null, notice: Named): boolean {
  return turn !== null && turn.turnId === notice.turn_id && notice.attempt < turn.attempt;
}

/** Whether more words of this attempt are nothing new: it is over, or a higher one began. */
function isLate(turn: LiveTurn | null, notice: Named): boolean {
  return isPast(turn, notice) || (isSameAttempt(turn, notice) && turn.phase !== "running");
}

function applySnapshot(state: LiveState, notice: Snapshot): LiveState {
  if (isLate(state.turn, notice)) return state;
  return notice.part === 1 ? replaceBySnapshot(state, notice) : extendSnapshot(state, notice);
}

function replaceBySnapshot(state: LiveState, notice: Snapshot): LiveState {
  const { turn_id: turnId, attempt, seq, part, n_parts: nParts } = notice;
  const isKnown = isSameAttempt(state.turn, notice) && seq < state.turn.seq;
  if (isKnown && !state.isBehind) return state;
  const texts = { ...noTexts, ...notice.texts };
  const openPart = part < nParts ? part : null;
  return { turn: { ...freshTurn(turnId, attempt), seq, texts, openPart }, isBehind: false };
}

function extendSnapshot(state: LiveState, notice: Snapshot): LiveState {
  const { turn } = state;
  const { seq, part, n_parts: nParts } = notice;
  const continues =
    isSameAttempt(turn, notice) && turn.seq === seq && turn.openPart === part - 1;
  if (!continues) return { ...state, isBehind: true };
  const texts = joinTexts(turn.texts, notice.texts);
  return { turn: { ...turn, texts, openPart: part < nParts ? part : null }, isBehind: false };
}

function joinTexts(before: TurnTexts, after: TurnTexts): TurnTexts {
  return {
    message: before.message + after.message,
    draft_title: before.draft_title + after.draft_title,
    draft_body: before.draft_body + after.draft_body,
  };
}

function applyDelta(state: LiveState, notice: Delta): LiveState {
  if (isLate(state.turn, notice)) return state;
  if (!isSameAttempt(state.turn, notice)) {
    return extendTurn(freshTurn(notice.turn_id, notice.attempt), notice);
  }
  if (state.isBehind || notice.seq <= state.turn.seq) return state;
  return extendTurn(state.turn, notice);
}

function extendTurn(turn: LiveTurn, notice: Delta): LiveState {
  if (notice.seq !== turn.seq + 1 || turn.openPart !== null) return { turn, isBehind: true };
  const texts = { ...turn.texts, [notice.channel]: turn.texts[notice.channel] + notice.text };
  return { turn: { ...turn, texts, seq: notice.seq }, isBehind: false };
}

const PHASES = {
  turn_finished: "finished",
  turn_failed: "failed",
  turn_stopped: "stopped",
} as const satisfies Record<Ending["type"], TurnPhase>;

function applyEnding(state: LiveState, notice: Ending): LiveState {
  const { turn } = state;
  if (isPast(turn, notice)) return state;
  // The end of an answer that this page never saw running must not hide one that runs now.
  if (turn?.phase === "running" && turn.turnId !== notice.turn_id) return state;
  const ended = isSameAttempt(turn, notice) ? turn : freshTurn(notice.turn_id, notice.attempt);
  const failure = notice.type === "turn_failed" ? notice.error.detail : null;
  return { turn: { ...ended, phase: PHASES[notice.type], failure, openPart: null }, isBehind: false };
}

/** The next state; the very same object when the notice changes nothing. */
export function applyNotice(state: LiveState, notice: Notice): LiveState {
  switch (notice.type) {
    case "turn_snapshot":
      return applySnapshot(state, notice);
    case "turn_delta":
      return applyDelta(state, notice);
    case "turn_started": {
      const { turn_id: turnId, attempt } = notice;
      const { turn } = state;
      const isKnown = turn !== null && turn.turnId === turnId && turn.attempt >= attempt;
      return isKnown ? state : { turn: freshTurn(turnId, attempt), isBehind: false };
    }
    case "turn_finished":
    case "turn_failed":
    case "turn_stopped":
      return applyEnding(state, notice);
    case "message_added":
      return foldSavedMessage(state, notice);
    default:
      return state;
  }
}

/** The saved message takes the place of the streamed one, so that it is not shown twice. */
function foldSavedMessage(
  state: LiveState,
  notice: Extract<Notice, { type: "message_added" }>,
): LiveState {
  const { turn } = state;
  if (turn === null || notice.message.sender !== "assistant" || turn.texts.message === "") {
    return state;
  }
  return { ...state, turn: { ...turn, texts: { ...turn.texts, message: "" } } };
}

/** Forget an ended answer once the saved one is shown in its place. */
export function settle(state: LiveState, turnId: string): LiveState {
  if (state.turn === null || state.turn.turnId !== turnId || state.turn.phase === "running") {
    return state;
  }
  return { turn: { ...state.turn, texts: noTexts }, isBehind: false };
}
