import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import { keys } from "@/api/keys";

const PAGE_SIZE = 50;

/** The messages of a session, newest first. */
export const messagesQuery = (sessionId: string) =>
  infiniteQueryOptions({
    queryKey: keys.messages(sessionId),
    queryFn: ({ pageParam, signal }) =>
      ask(
        api.GET("/sessions/{session_id}/messages", {
          params: {
            path: { session_id: sessionId },
            query: { limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
