/** Answers of the server that cross with notices: what is shown in the end is what is true. */
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, it, vi } from "vitest";
import { keys } from "@/api/keys";
import type { ExecutionItem, Notice } from "@/api/types";
import { updateCache } from "@/realtime/cache";
import { refreshWork } from "@/realtime/refresh";
import type { Pages } from "@/realtime/fold";
import { item, pagesOf } from "../builders";

const everything = keys.executions({ q: "", states: [], tasks: [] });
const writing = item({ state: "writing" });
const done = item({ state: "done" });

/** A list whose answers the test gives, one for each time that it is asked. */
function askedList() {
  const answers: ((answer: ExecutionItem) => void)[] = [];
  const client = new QueryClient();
  const observer = new QueryObserver<Pages<ExecutionItem>>(client, {
    queryKey: everything,
    queryFn: () => new Promise((resolve) => answers.push((answer) => resolve(pagesOf(answer)))),
  });
  const leave = observer.subscribe(() => undefined);
  const shown = () => observer.getCurrentResult().data?.pages[0]?.items[0]?.state;
  return { answers, client, shown, leave };
}

it.each([
  ["the socket stands", (client: QueryClient) => refreshWork(client)],
  [
    "a notice comes",
    (client: QueryClient) => {
      const notice: Notice = { type: "execution_changed", delivery_id: "1", execution: done };
      updateCache(client, notice);
      updateCache(client, notice);
    },
  ],
])("asks once more when %s while the first answer is on its way", async (_, happen) => {
  const { answers, client, shown, leave } = askedList();
  happen(client);
  expect(answers).toHaveLength(1);
  answers[0]?.(writing);
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  expect(shown()).toBe("writing");
  answers[1]?.(done);
  await vi.waitFor(() => expect(shown()).toBe("done"));
  expect(answers).toHaveLength(2);
  leave();
});

it("asks no more than once when nothing happens meanwhile", async () => {
  const { answers, shown, leave } = askedList();
  answers[0]?.(done);
  await vi.waitFor(() => expect(shown()).toBe("done"));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(answers).toHaveLength(1);
  leave();
});

it("shows a first answer that failed, and does not ask once more by itself", async () => {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const fail: (() => void)[] = [];
  const observer = new QueryObserver(client, {
    queryKey: everything,
    queryFn: () => new Promise((_, reject) => fail.push(() => reject(new Error("away")))),
  });
  const leave = observer.subscribe(() => undefined);
  refreshWork(client);
  fail[0]?.();
  await vi.waitFor(() => expect(observer.getCurrentResult().status).toBe("error"));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(fail).toHaveLength(1);
  leave();
});
