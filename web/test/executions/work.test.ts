import { describe, expect, it } from "vitest";
import { describeWork } from "@/executions/work";
import { applyNotice, nothingLive } from "@/realtime/live-turn";
import type { Notice } from "@/api/types";
import { delta, execution, failed, turnNotice, version } from "../builders";

const live = (...notices: Notice[]) => notices.reduce(applyNotice, nothingLive);
const turn = (state: "running" | "done" | "failed", attempt = 1) => ({
  id: "t1", state, attempt, error: state === "failed" ? { code: "x", detail: "Broke." } : null,
});

describe("what the page shows", () => {
  it("before any word: the task's name and a wait", () => {
    const work = describeWork(execution({ turn: turn("running") }), live());
    expect(work).toMatchObject({ state: "writing", title: "Meeting minutes", body: null, isPageLive: false });
  });

  it("while it is written: the words so far", () => {
    const words = live(delta(1, "Launch", { channel: "draft_title" }), delta(2, "Hello"));
    const work = describeWork(execution({ turn: turn("running") }), words);
    expect(work).toMatchObject({ state: "writing", title: "Launch", body: "Hello", isPageLive: true });
  });

  it("while a change is being discussed: the text that was there", () => {
    const talk = live(delta(1, "Let me see", { channel: "message" }));
    const work = describeWork(execution({ text: version(1), state: "done" }), talk);
    expect(work).toMatchObject({ state: "writing", body: "Body 1", isPageLive: false });
  });

  it("after the end, before the saved text came: the words that were streamed, no longer live", () => {
    const ended = live(delta(1, "Hello"), turnNotice("turn_finished"));
    const work = describeWork(execution({ state: "done", turn: turn("done") }), ended);
    expect(work).toMatchObject({ state: "done", body: "Hello", isPageLive: false });
  });

  it("when it asks: the question, and only then", () => {
    const asking = execution({ state: "asking", question: "When?" });
    expect(describeWork(asking, null).question).toBe("When?");
    expect(describeWork({ ...asking, state: "done" }, null).question).toBeNull();
    expect(describeWork(asking, live(delta(1, "a", { turn_id: "t2" }))).question).toBeNull();
  });

  it("when it failed: why, and what can be tried again", () => {
    const fetched = describeWork(execution({ state: "failed", turn: turn("failed") }), null);
    expect(fetched).toMatchObject({ failure: "Broke.", turnId: "t1" });
    const told = describeWork(execution({ turn: turn("running") }), live(delta(1, "half"), failed()));
    expect(told).toMatchObject({ state: "failed", failure: "The model did not answer.", body: "half" });
  });

  it("when a try failed: why it waits, until the next has begun", () => {
    const error = { code: "model_unreachable", detail: "Nobody answers." };
    const waits = execution({ turn: { id: "t1", state: "queued", attempt: 1, error } });
    const half = live(delta(1, "half"));
    expect(describeWork(waits, half)).toMatchObject({
      state: "writing", waiting: "Nobody answers.", failure: null, body: "half",
    });
    const again = live(delta(1, "half"), turnNotice("turn_started", { attempt: 2 }));
    expect(describeWork(waits, again)).toMatchObject({ state: "writing", waiting: null, body: null });
    expect(describeWork(execution({ turn: turn("running") }), half).waiting).toBeNull();
    expect(describeWork(waits, live(failed())).waiting).toBeNull();
  });

  it("believes the fetch over notices that it has overtaken", () => {
    const stuck = live(delta(1, "a"));
    expect(describeWork(execution({ state: "done", turn: turn("done") }), stuck).state).toBe("done");
    const failedOnce = live(failed());
    const again = execution({ state: "writing", turn: turn("running", 2) });
    expect(describeWork(again, failedOnce).state).toBe("writing");
  });
});
