import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import { keys } from "@/api/keys";

const PAGE_SIZE = 10;

/** Where the person is logged in. Asked for anew on every visit: no notice tells of log-ins. */
export const loginsQuery = infiniteQueryOptions({
  queryKey: keys.logins,
  staleTime: 0,
  queryFn: ({ pageParam, signal }) =>
    ask(
      api.GET("/logins", {
        params: { query: { limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) } },
        signal,
      }),
    ),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor,
});
