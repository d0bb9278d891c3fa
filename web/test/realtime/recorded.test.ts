/** The fold against a run of the real server; tests/browser/test_recording.py keeps it true. */
import { expect, it } from "vitest";
import type { Execution, ExecutionItem, Message, Notice, Page } from "@/api/types";
import { foldExecution, foldExecutions, foldMessages, type Pages } from "@/realtime/fold";
import { applyNotice, nothingLive } from "@/realtime/live-turn";
import recorded from "../recorded/slice.json";

type Fetched = { execution: Execution; messages: Page<Message>; executions: Page<ExecutionItem> };

const before = recorded.before as unknown as Fetched;
const after = recorded.after as unknown as Fetched;
const notices = recorded.notices as unknown as Notice[];
const asPages = <T>(page: Page<T>): Pages<T> => ({ pages: [page], pageParams: [null] });

it("the work, told by notices, is the work fetched afresh", () => {
  expect(notices.reduce(foldExecution, before.execution)).toEqual(after.execution);
});

it("so are the messages", () => {
  const folded = notices
    .filter((notice) => notice.type === "message_added")
    .reduce((pages, notice) => foldMessages(pages, notice.message), asPages(before.messages));
  expect(folded.pages[0]).toEqual(after.messages);
});

it("so is the list", () => {
  const folded = notices.reduce(
    (pages, notice) => foldExecutions(pages, notice, { isFirst: true }),
    asPages(before.executions),
  );
  expect(folded.pages[0]).toEqual(after.executions);
});

it("the words come without a hole, told twice or once", () => {
  const twice = notices.flatMap((notice) => [notice, notice]);
  for (const told of [notices, twice]) {
    let state = nothingLive;
    for (const notice of told) {
      state = applyNotice(state, notice);
      expect(state.isBehind).toBe(false);
    }
    expect(state.turn?.phase).toBe("finished");
    expect(state.turn?.texts.draft_body).toContain("Lyon");
  }
});
