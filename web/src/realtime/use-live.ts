import { createContext, use, useCallback, useEffect, useSyncExternalStore } from "react";
import type { ConnectionStatus, LiveConnection } from "./connection";
import { liveStore } from "./live-store";
import type { LiveState } from "./live-turn";

/** Null until the socket's code is there; pages work without it and follow when it comes. */
export const LiveContext = createContext<LiveConnection | null>(null);

const never = () => () => undefined;

export function useConnectionStatus(): ConnectionStatus {
  const connection = use(LiveContext);
  return useSyncExternalStore(
    connection?.subscribe ?? never,
    connection?.getStatus ?? (() => "connecting" as const),
  );
}

/** Hear a session while the component is shown, and what its running answer says so far. */
export function useLiveSession(sessionId: string | undefined): LiveState | null {
  const connection = use(LiveContext);
  useEffect(() => {
    if (connection === null || sessionId === undefined) return undefined;
    return connection.join(sessionId);
  }, [connection, sessionId]);
  return useLiveState(sessionId);
}

/** What the running answer of a session says so far, without joining it. */
export function useLiveState(sessionId: string | undefined): LiveState | null {
  const subscribe = useCallback(
    (listener: () => void) =>
      sessionId === undefined ? () => undefined : liveStore.subscribe(sessionId, listener),
    [sessionId],
  );
  return useSyncExternalStore(subscribe, () =>
    sessionId === undefined ? null : liveStore.get(sessionId),
  );
}
