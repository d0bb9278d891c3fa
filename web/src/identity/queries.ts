import { queryOptions } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import { keys } from "@/api/keys";

export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: ({ signal }) => ask(api.GET("/me", { signal })),
  staleTime: 5 * 60_000,
});

export const aboutQuery = queryOptions({
  queryKey: keys.about,
  queryFn: ({ signal }) => ask(api.GET("/about", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});
