/** Wire objects with plain defaults, for tests. */
import type { Execution, ExecutionItem, Message, Notice, Page, Version } from "@/api/types";
import type { Pages } from "@/realtime/fold";

export const SESSION = "s1";
export const TURN = "t1";
const AT = "2026-11-21T08:00:00.000Z";

export function item(changes: Partial<ExecutionItem> = {}): ExecutionItem {
  return {
    id: "1",
    task: { id: "7", name: "Meeting minutes", icon: "📝" },
    session_id: SESSION,
    title: null,
    summary: null,
    state: "writing",
    turn: null,
    n_versions: 0,
    created_at: AT,
    started_at: AT,
    ended_at: null,
    ...changes,
  };
}

export function execution(changes: Partial<Execution> = {}): Execution {
  return {
    ...item(),
    inputs: [],
    question: null,
    text: null,
    is_result_chat_enabled: true,
    ...changes,
  };
}

export function version(index: number, changes: Partial<Version> = {}): Version {
  return {
    version_id: `v${index}`,
    index,
    revision: 1,
    cause: "answer",
    ending: "whole",
    restored_index: null,
    title: `Title ${index}`,
    body: `Body ${index}`,
    author: "assistant",
    created_at: AT,
    edited_at: AT,
    ...changes,
  };
}

export function message(id: string, changes: Partial<Message> = {}): Message {
  return {
    id,
    client_id: null,
    sender: "assistant",
    text: `Text ${id}`,
    is_failed: false,
    is_cut: false,
    is_history_trimmed: false,
    written_at: AT,
    version: null,
    ...changes,
  };
}

export const pagesOf = <T>(...items: T[]): Pages<T> => ({
  pages: [{ items, next_cursor: null } satisfies Page<T>],
  pageParams: [null],
});

type Of<T extends Notice["type"]> = Extract<Notice, { type: T }>;

export function delta(
  seq: number,
  text: string,
  changes: Partial<Of<"turn_delta">> = {},
): Of<"turn_delta"> {
  return {
    type: "turn_delta",
    session_id: SESSION,
    turn_id: TURN,
    attempt: 1,
    seq,
    channel: "draft_body",
    text,
    ...changes,
  } as Of<"turn_delta">;
}

export function snapshot(
  seq: number,
  body: string,
  changes: Partial<Of<"turn_snapshot">> = {},
): Of<"turn_snapshot"> {
  return {
    type: "turn_snapshot",
    session_id: SESSION,
    turn_id: TURN,
    attempt: 1,
    seq,
    texts: { message: "", draft_title: "", draft_body: body },
    part: 1,
    n_parts: 1,
    ...changes,
  };
}

export function turnNotice<T extends "turn_started" | "turn_finished" | "turn_stopped">(
  type: T,
  changes: { attempt?: number; turn_id?: string } = {},
): Of<T> {
  return {
    type,
    delivery_id: null,
    session_id: SESSION,
    turn_id: TURN,
    attempt: 1,
    execution_id: "1",
    ...changes,
  } as unknown as Of<T>;
}

export function failed(changes: { attempt?: number } = {}): Of<"turn_failed"> {
  return {
    type: "turn_failed",
    delivery_id: "9",
    session_id: SESSION,
    turn_id: TURN,
    attempt: 1,
    execution_id: "1",
    error: { code: "model_unavailable", detail: "The model did not answer." },
    ...changes,
  };
}
