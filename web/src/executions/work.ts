import type { Execution, ExecutionState } from "@/api/types";
import type { LiveState, LiveTurn, TurnPhase } from "@/realtime/live-turn";

/** What the page shows of a piece of work: what was fetched, with what is being written over it. */
export type Work = {
  state: ExecutionState;
  title: string;
  /** Null before the first words of a text. */
  body: string | null;
  /** Words are coming on the page itself. */
  isPageLive: boolean;
  question: string | null;
  /** Why the last answer failed, in words; null when it did not. */
  failure: string | null;
  /** Why the answer waits for another try, in words; null when it does not. */
  waiting: string | null;
  /** The answer that can be stopped or tried again. */
  turnId: string | null;
};

const STATE_OF_PHASE: Partial<Record<TurnPhase, ExecutionState>> = {
  running: "writing",
  failed: "failed",
  stopped: "stopped",
};

const isEnded = (state: string) => state !== "queued" && state !== "running";

/** Whether what was fetched already knows more of the answer than the notices told. */
function isOutrun(execution: Execution, turn: LiveTurn): boolean {
  const known = execution.turn;
  if (known === null || known.id !== turn.turnId) return false;
  return known.attempt > turn.attempt || (turn.phase === "running" && isEnded(known.state));
}

function stateOf(execution: Execution, turn: LiveTurn | null): ExecutionState {
  if (turn === null || isOutrun(execution, turn)) return execution.state;
  return STATE_OF_PHASE[turn.phase] ?? execution.state;
}

/** The text being written, if the answer writes one. */
function draftOf(turn: LiveTurn | null): { title: string; body: string } | null {
  if (turn === null) return null;
  const { draft_title: title, draft_body: body } = turn.texts;
  return title === "" && body === "" ? null : { title: title.trim(), body };
}

function failureOf(execution: Execution, turn: LiveTurn | null): string {
  return turn?.failure ?? execution.turn?.error?.detail ?? "";
}

/** A try failed and the next has not begun, as far as is known. */
function waitingOf(execution: Execution, turn: LiveTurn | null): string | null {
  const known = execution.turn;
  if (known === null || known.state !== "queued" || known.error === null) return null;
  const hasBegunAgain = turn?.turnId === known.id && turn.attempt > known.attempt;
  return hasBegunAgain ? null : known.error.detail;
}

/** The heading of the page: the text's own title, else the run's, else the task's. */
function titleOf(execution: Execution, draft: { title: string } | null): string {
  return draft?.title || execution.text?.title || execution.title || execution.task.name;
}

function bodyOf(execution: Execution, draft: { body: string } | null): string | null {
  return draft?.body ?? execution.text?.body ?? null;
}

export function describeWork(execution: Execution, live: LiveState | null): Work {
  const turn = live?.turn ?? null;
  const state = stateOf(execution, turn);
  const draft = draftOf(turn);
  return {
    state,
    title: titleOf(execution, draft),
    body: bodyOf(execution, draft),
    isPageLive: draft !== null && state === "writing",
    question: state === "asking" ? execution.question : null,
    failure: state === "failed" ? failureOf(execution, turn) : null,
    waiting: state === "writing" ? waitingOf(execution, turn) : null,
    turnId: turn?.turnId ?? execution.turn?.id ?? null,
  };
}
