import { QueryClient } from "@tanstack/react-query";
import { isWorthRetrying } from "./errors";

const MAX_RETRIES = 2;

/** One cache for the app. Notices keep it fresh, so nothing is polled. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // Without a network an answer is an honest failure, not a wait without an end.
      networkMode: "always",
      refetchOnReconnect: true,
      staleTime: 30_000,
      retry: (failures, error) => failures < MAX_RETRIES && isWorthRetrying(error),
      retryDelay: (failures) => Math.min(400 * 2 ** failures, 4000),
    },
    mutations: { retry: false, networkMode: "always" },
  },
});
