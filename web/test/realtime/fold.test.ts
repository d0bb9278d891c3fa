import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { describe, expect, it, vi } from "vitest";
import { keys } from "@/api/keys";
import type { Execution, ExecutionItem, Message, Notice } from "@/api/types";
import { showPosted, updateCache } from "@/realtime/cache";
import { foldExecution, foldExecutions, foldMessages, type Pages } from "@/realtime/fold";
import { execution, item, message, pagesOf, SESSION, version } from "../builders";

const about = (changed: ExecutionItem, type = "execution_changed"): Notice =>
  ({ type, delivery_id: null, execution: changed }) as Notice;

const added = (index: number, changes: Partial<Extract<Notice, { type: "text_version_added" }>> = {}): Notice => ({
  type: "text_version_added",
  delivery_id: "1",
  execution_id: "1",
  version_id: `v${index}`,
  index,
  version: version(index),
  ...changes,
});

const said = (each: Message): Notice => ({
  type: "message_added",
  delivery_id: "2",
  session_id: SESSION,
  execution_id: "1",
  message: each,
});

describe("an execution", () => {
  it("is, after its notices, what a fresh fetch answers", () => {
    const notices = [
      about(item({ title: "Launch", summary: "About the launch" }), "execution_titled"),
      added(1),
      about(item({ title: "Launch", summary: "About the launch", state: "done", n_versions: 1 })),
      said(message("m1", { version: { version_id: "v1", index: 1, title: "Title 1" } })),
    ];
    const fresh = execution({
      title: "Launch",
      summary: "About the launch",
      state: "done",
      n_versions: 1,
      text: version(1),
    });
    expect(notices.reduce(foldExecution, execution())).toEqual(fresh);
  });

  it("asks what its assistant said, in whatever order that is told", () => {
    const question = said(message("m1", { text: "When is it?" }));
    const asking = about(item({ state: "asking" }));
    for (const notices of [[question, asking], [asking, question]]) {
      const state = notices.reduce(foldExecution, execution());
      expect(state).toMatchObject({ state: "asking", question: "When is it?" });
    }
  });

  it("waits no more once the person answered", () => {
    const asking = execution({ state: "asking", question: "When?" });
    const answered = foldExecution(asking, said(message("m2", { sender: "user", text: "Friday" })));
    expect(answered.question).toBeNull();
  });

  it("takes no older version, but a further edit of the same", () => {
    const second = execution({ text: version(2), n_versions: 2 });
    expect(foldExecution(second, added(1)).text?.index).toBe(2);
    const edited = version(2, { revision: 2, body: "Edited" });
    expect(foldExecution(second, added(2, { version: edited })).text?.body).toBe("Edited");
  });

  it("is left alone by notices about others", () => {
    const mine = execution();
    expect(foldExecution(mine, about(item({ id: "2", state: "done" })))).toBe(mine);
    expect(foldExecution(mine, added(1, { execution_id: "2" }))).toBe(mine);
  });
});

const ids = (pages: Pages<ExecutionItem>) => pages.pages[0]?.items.map((each) => each.id);
const idsAfter = (pages: Pages<ExecutionItem>, each: ExecutionItem, isWhole = true) =>
  ids(foldExecutions(pages, about(each), { isWhole }));
const notFound = () => Promise.reject(new Error("not found"));
const at = (id: string, day: number) => item({ id, created_at: `2026-11-0${day}T08:00:00.000Z` });
const written = (id: string, day: number) =>
  message(id, { written_at: `2026-11-0${day}T08:00:00.000Z` });

describe("a list", () => {
  it("gets a new execution at its top, once", () => {
    const started = about(item({ id: "2" }), "execution_started");
    const once = foldExecutions(pagesOf(item()), started, { isWhole: true });
    const twice = foldExecutions(once, started, { isWhole: true });
    expect(twice.pages[0]?.items.map((each) => each.id)).toEqual(["2", "1"]);
  });

  it("gets back a restored one where it stood, or when its page is fetched", () => {
    const list = pagesOf(at("9", 9), at("5", 5));
    expect(idsAfter(list, at("7", 7))).toEqual(["9", "7", "5"]);
    expect(idsAfter(list, at("1", 1))).toEqual(["9", "5", "1"]);
    expect(idsAfter(list, at("7", 7), false)).toEqual(["9", "5"]);
    expect(idsAfter(list, { ...at("7", 7), started_at: null })).toEqual(["9", "5"]);
    const [first] = list.pages;
    const partial = { ...list, pages: [{ items: first?.items ?? [], next_cursor: "more" }] };
    expect(idsAfter(partial, at("1", 1))).toEqual(["9", "5"]);
  });

  it("follows changes and deletions", () => {
    const list = pagesOf(item(), item({ id: "2" }));
    const changed = foldExecutions(list, about(item({ state: "done" })), { isWhole: true });
    expect(changed.pages[0]?.items[0]?.state).toBe("done");
    const gone: Notice = { type: "execution_deleted", delivery_id: null, execution_id: "1" };
    expect(foldExecutions(changed, gone, { isWhole: true }).pages[0]?.items).toHaveLength(1);
    expect(foldExecutions(pagesOf(item({ id: "5" })), gone, { isWhole: true }).pages[0]?.items).toHaveLength(1);
  });
});

it("a message is shown once, by REST and by notice", () => {
  const posted = message("m1", { sender: "user", client_id: "c1" });
  const once = foldMessages(pagesOf<Message>(), posted);
  expect(foldMessages(once, posted).pages[0]?.items).toHaveLength(1);
});

it("a message that comes late stands where it was written", () => {
  const folded = foldMessages(pagesOf(written("m2", 5), written("m1", 1)), written("m3", 3));
  expect(folded.pages[0]?.items.map((each) => each.id)).toEqual(["m2", "m3", "m1"]);
  const equal = foldMessages(folded, written("m4", 3));
  expect(equal.pages[0]?.items.map((each) => each.id)).toEqual(["m2", "m4", "m3", "m1"]);
});

describe("the cache", () => {
  it("still asks for what it was to ask for, also after the next notice", () => {
    const client = new QueryClient();
    client.setQueryData(keys.execution("1"), execution());
    updateCache(client, added(1, { version: null }));
    updateCache(client, about(item({ title: "Launch" })));
    expect(client.getQueryState(keys.execution("1"))?.isInvalidated).toBe(true);
  });

  it("does not keep an answer that is older than a notice", async () => {
    const client = new QueryClient();
    const answers = [execution({ title: "Old" }), execution({ title: "New", state: "done" })];
    const open: ((answer: Execution) => void)[] = [];
    const queryFn = () => new Promise<Execution>((resolve) => open.push(resolve));
    client.setQueryData(keys.execution("1"), execution());
    const observer = new QueryObserver(client, { queryKey: keys.execution("1"), queryFn });
    const leave = observer.subscribe(() => undefined);
    await vi.waitFor(() => expect(open).toHaveLength(1));
    updateCache(client, about(item({ title: "New", state: "done" })));
    await vi.waitFor(() => expect(open).toHaveLength(2));
    for (const [index, answer] of answers.entries()) open[index]?.(answer);
    await vi.waitFor(() => expect(client.isFetching()).toBe(0));
    expect(client.getQueryData<Execution>(keys.execution("1"))?.title).toBe("New");
    leave();
  });

  it("asks again for a page that was gone and is restored", async () => {
    const client = new QueryClient();
    await client.prefetchQuery({ queryKey: keys.execution("1"), queryFn: notFound, retry: false });
    updateCache(client, about(item()));
    expect(client.getQueryState(keys.execution("1"))?.isInvalidated).toBe(true);
  });

  it("follows notices wherever a thing was fetched", () => {
    const client = new QueryClient();
    const all = keys.executions({ q: "", states: [], tasks: [] });
    client.setQueryData(keys.execution("1"), execution());
    client.setQueryData(all, pagesOf(item()));
    updateCache(client, about(item({ state: "done", title: "Launch" })));
    expect(client.getQueryData<Execution>(keys.execution("1"))?.state).toBe("done");
    expect(client.getQueryData<Pages<ExecutionItem>>(all)?.pages[0]?.items[0]?.title).toBe("Launch");
  });

  it("fetches what was too long to be told", () => {
    const client = new QueryClient();
    client.setQueryData(keys.execution("1"), execution());
    updateCache(client, added(1, { version: null }));
    expect(client.getQueryState(keys.execution("1"))?.isInvalidated).toBe(true);
    expect(client.getQueryData<Execution>(keys.execution("1"))?.n_versions).toBe(1);
  });

  it("asks again for a work of which it heard more than it has", () => {
    const client = new QueryClient();
    const isStale = () => client.getQueryState(keys.execution("1"))?.isInvalidated;
    client.setQueryData(keys.execution("1"), execution());
    updateCache(client, about(item({ title: "Launch" })));
    expect(isStale()).toBe(false);
    updateCache(client, about(item({ state: "done", n_versions: 1 })));
    expect(isStale()).toBe(true);
    client.setQueryData(keys.execution("1"), execution());
    updateCache(client, about(item({ state: "asking" })));
    expect(isStale()).toBe(true);
  });

  it("shows the answer that begins as soon as a message is stored", () => {
    const client = new QueryClient();
    client.setQueryData(keys.execution("1"), execution({ state: "asking", question: "When?" }));
    client.setQueryData(keys.messages(SESSION), pagesOf<Message>());
    const turn = { id: "t2", state: "queued", attempt: 0, error: null } as const;
    showPosted(client, SESSION, { message: message("m9", { sender: "user" }), turn });
    expect(client.getQueryData<Execution>(keys.execution("1"))).toMatchObject({ state: "writing", question: null });
  });
});
