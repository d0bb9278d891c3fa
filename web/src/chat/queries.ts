import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import { keys } from "@/api/keys";

const PAGE_SIZE = 50;

/** The messages of a session, newest first; asked for on coming to its page, as its work is. */
export const messagesQuery = (sessionId: string) =>
  infiniteQueryOptions({
    queryKey: keys.messages(sessionId),
    staleTime: 0,
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
