/**
 * The fold against acts on the real server, in files that tests/browser/test_recording.py keeps true:
 * what was fetched before, brought up to date by what was told, is what was fetched after.
 */
import { QueryClient, type QueryKey } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { keys } from "@/api/keys";
import type { Execution, ExecutionItem, Message, Notice, Page, Person, TaskItem, VersionItem } from "@/api/types";
import { updateCache } from "@/realtime/cache";
import { foldExecution, foldExecutions, foldMessages, type Pages } from "@/realtime/fold";
import { applyNotice, type LiveState, nothingLive } from "@/realtime/live-turn";

type Fetched = {
  live: Notice | null;
  execution: Execution | null;
  messages: Page<Message> | null;
  versions: Page<VersionItem> | null;
  executions: Page<ExecutionItem>;
  me: Person;
  tasks: Page<TaskItem>;
};
type Recording = {
  act: string;
  about: string;
  before: Fetched;
  after: Fetched;
  notices: Notice[];
  elsewhere: Notice[];
};

const recordings = Object.values(
  import.meta.glob<Recording>("../recorded/*.json", { eager: true, import: "default" }),
);
const asPages = <T>(page: Page<T>): Pages<T> => ({ pages: [page], pageParams: [null] });
const twice = (notices: Notice[]) => [...notices, ...notices];
const everything = keys.executions({ q: "", states: [], tasks: [] });

/** One of each type: a new type does not compile until it is named here, and fails until it is recorded. */
const TYPES: Record<Notice["type"], true> = {
  turn_snapshot: true, turn_delta: true, turn_started: true, turn_finished: true, turn_failed: true,
  turn_stopped: true, message_added: true, message_changed: true, execution_started: true,
  execution_titled: true, execution_changed: true, execution_deleted: true, text_version_added: true,
  person_changed: true, tasks_changed: true,
};

it("every notice is among the recordings", () => {
  const told = new Set(recordings.flatMap((each) => each.notices.map((notice) => notice.type)));
  expect(told).toEqual(new Set(Object.keys(TYPES)));
});

/** What the page of the work shows of what was fetched. Of a work that is gone it shows nothing. */
function partsOf({ about }: Recording, fetched: Fetched): [QueryKey, unknown][] {
  const { execution, messages, versions } = fetched;
  const always: [QueryKey, unknown][] = [[keys.me, fetched.me], [keys.tasks(""), fetched.tasks]];
  if (execution === null || messages === null || versions === null) return always;
  return [
    ...always,
    [keys.execution(about), execution],
    [keys.messages(execution.session_id), asPages(messages)],
    [keys.versions(about), asPages(versions)],
  ];
}

/** The cache of a page that shows the work and the list. */
function cacheOf(recording: Recording): QueryClient {
  const client = new QueryClient();
  client.setQueryData(everything, asPages(recording.before.executions));
  for (const [key, fetched] of partsOf(recording, recording.before)) client.setQueryData(key, fetched);
  return client;
}

/** Marked as out of date, or not there: a page that is opened will ask. */
function isAskedAgain(client: QueryClient, key: QueryKey): boolean {
  return client.getQueryState(key)?.isInvalidated ?? true;
}

describe.each(recordings)("$act", (recording) => {
  const { before, after, notices, elsewhere } = recording;

  it("is what the list shows, here and on another device", () => {
    for (const told of [notices, twice(notices), elsewhere]) {
      const folded = told.reduce(
        (pages, notice) => foldExecutions(pages, notice, { isWhole: true }),
        asPages(before.executions),
      );
      expect(folded.pages[0]).toEqual(after.executions);
    }
  });

  it("is what the page shows, or asks for again", () => {
    for (const told of [notices, twice(notices)]) {
      const client = cacheOf(recording);
      for (const notice of told) updateCache(client, notice);
      expect(client.getQueryData<Pages<ExecutionItem>>(everything)?.pages[0]).toEqual(after.executions);
      expect(isAskedAgain(client, everything)).toBe(false);
      for (const [key, fetched] of partsOf(recording, after)) {
        const shown = isAskedAgain(client, key) ? fetched : client.getQueryData(key);
        expect(shown).toEqual(fetched);
      }
    }
  });

  it("tells every device of the person who they are", () => {
    const client = new QueryClient();
    client.setQueryData(keys.me, before.me);
    for (const notice of elsewhere) updateCache(client, notice);
    expect(client.getQueryData(keys.me)).toEqual(after.me);
    expect(isAskedAgain(client, keys.me)).toBe(false);
  });

  it("needs no fetch for the words of the page that notices carry", () => {
    const { execution, messages } = before;
    if (execution === null || after.execution === null) return;
    const isCarried = notices.every((notice) => !isTooMuch(notice));
    if (!isCarried) return;
    expect(notices.reduce(foldExecution, execution)).toEqual(after.execution);
    const folded = notices.reduce(
      (pages, notice) =>
        notice.type === "message_added" || notice.type === "message_changed"
          ? foldMessages(pages, notice.message)
          : pages,
      asPages(messages ?? { items: [], next_cursor: null }),
    );
    expect(folded.pages[0]).toEqual(after.messages);
  });

  it("writes its words without a hole, told twice or once", () => {
    for (const told of [notices, notices.flatMap((notice) => [notice, notice])]) {
      let state: LiveState = before.live === null ? nothingLive : applyNotice(nothingLive, before.live);
      for (const notice of told) {
        state = applyNotice(state, notice);
        expect(state.isBehind).toBe(false);
      }
      const isRunning = state.turn?.phase === "running";
      expect(isRunning).toBe(after.live !== null);
      const seen = after.live === null ? state : applyNotice(nothingLive, after.live);
      expect(state.turn).toEqual(seen.turn);
    }
  });
});

/** What was filled in is not told, nor what is too long for a notice. */
function isTooMuch(notice: Notice): boolean {
  return (
    notice.type === "execution_started" ||
    (notice.type === "text_version_added" && notice.version === null) ||
    (notice.type === "message_added" && notice.message.is_cut)
  );
}
