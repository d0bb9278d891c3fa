/** Messages on their way: shown at once, kept when they fail, sent again under the same id. */
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useCallback, useSyncExternalStore } from "react";
import { api, ask } from "@/api/client";
import { newId } from "@/components/new-id";
import { showPosted } from "@/realtime/cache";

export type Pending = {
  clientId: string;
  text: string;
  writtenAt: string;
  /** Null while it is being sent. */
  error: unknown;
};

const nothing: readonly Pending[] = [];
const pending = new Map<string, readonly Pending[]>();
const listeners = new Set<() => void>();

function change(sessionId: string, next: readonly Pending[]): void {
  pending.set(sessionId, next);
  for (const listener of listeners) listener();
}

const of = (sessionId: string) => pending.get(sessionId) ?? nothing;

async function post(client: QueryClient, sessionId: string, message: Pending): Promise<void> {
  const others = () => of(sessionId).filter((each) => each.clientId !== message.clientId);
  change(sessionId, [...others(), { ...message, error: null }]);
  try {
    const posted = await ask(
      api.POST("/sessions/{session_id}/messages", {
        params: { path: { session_id: sessionId } },
        body: { client_id: message.clientId, text: message.text, written_at: message.writtenAt },
      }),
    );
    showPosted(client, sessionId, posted);
    change(sessionId, others());
  } catch (error) {
    change(sessionId, [...others(), { ...message, error }]);
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useOutbox(sessionId: string) {
  const client = useQueryClient();
  const messages = useSyncExternalStore(subscribe, () => of(sessionId));
  const send = useCallback(
    (text: string) => {
      const writtenAt = new Date().toISOString();
      void post(client, sessionId, { clientId: newId(), text, writtenAt, error: null });
    },
    [client, sessionId],
  );
  const resend = useCallback(
    (message: Pending) => void post(client, sessionId, message),
    [client, sessionId],
  );
  return { messages, send, resend };
}
