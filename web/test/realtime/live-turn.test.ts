import { describe, expect, it } from "vitest";
import type { Notice } from "@/api/types";
import { applyNotice, type LiveState, nothingLive, settle } from "@/realtime/live-turn";
import { delta, failed, message, snapshot, SESSION, turnNotice } from "../builders";

const fold = (notices: Notice[], from: LiveState = nothingLive): LiveState =>
  notices.reduce(applyNotice, from);

const body = (state: LiveState) => state.turn?.texts.draft_body;

describe("the words of a running answer", () => {
  it("come as numbered deltas, by channel", () => {
    const state = fold([
      turnNotice("turn_started"),
      delta(1, "Minutes", { channel: "draft_title" }),
      delta(2, "Hello "),
      delta(3, "world"),
    ]);
    expect(state.turn?.texts).toEqual({ message: "", draft_title: "Minutes", draft_body: "Hello world" });
    expect(state.turn?.phase).toBe("running");
    expect(state.isBehind).toBe(false);
  });

  it("need no start to be told first", () => {
    expect(body(fold([delta(1, "a"), delta(2, "b"), turnNotice("turn_started")]))).toBe("ab");
  });

  it("are taken once, however often they come", () => {
    const twice = [delta(1, "a"), delta(1, "a"), delta(2, "b"), delta(1, "a")];
    expect(body(fold(twice))).toBe("ab");
  });

  it("are the same object when nothing changed", () => {
    const before = fold([delta(1, "a")]);
    expect(applyNotice(before, delta(1, "a"))).toBe(before);
  });
});

describe("a hole", () => {
  it("asks to join again and waits for the snapshot", () => {
    const behind = fold([delta(1, "a"), delta(3, "c")]);
    expect(behind.isBehind).toBe(true);
    expect(body(behind)).toBe("a");
    const waiting = fold([delta(4, "d")], behind);
    expect(body(waiting)).toBe("a");
    const caughtUp = fold([snapshot(4, "abcd"), delta(5, "e")], waiting);
    expect(caughtUp.isBehind).toBe(false);
    expect(body(caughtUp)).toBe("abcde");
  });

  it("is seen when the first delta heard is not the first", () => {
    expect(fold([delta(5, "e")]).isBehind).toBe(true);
  });

  it("takes an older snapshot when behind, since deltas follow it without a hole", () => {
    const behind = fold([delta(1, "a"), delta(2, "b"), delta(9, "i")]);
    expect(body(fold([snapshot(1, "a"), delta(2, "b")], behind))).toBe("ab");
  });
});

describe("a snapshot", () => {
  it("replaces what is known, and deltas go on from it", () => {
    expect(body(fold([delta(1, "a"), snapshot(3, "abc"), delta(4, "d")]))).toBe("abcd");
  });

  it("that is older than what is known changes nothing", () => {
    const known = fold([delta(1, "a"), delta(2, "b"), delta(3, "c")]);
    expect(applyNotice(known, snapshot(2, "ab"))).toBe(known);
  });

  it("may come in parts", () => {
    const parts = fold([
      snapshot(7, "one ", { part: 1, n_parts: 3 }),
      snapshot(7, "two ", { part: 2, n_parts: 3 }),
      snapshot(7, "three", { part: 3, n_parts: 3 }),
      delta(8, "!"),
    ]);
    expect(body(parts)).toBe("one two three!");
    expect(parts.isBehind).toBe(false);
  });

  it("with a part missing, or cut off by a delta, asks to join again", () => {
    const first = snapshot(7, "one ", { part: 1, n_parts: 3 });
    expect(fold([first, snapshot(7, "three", { part: 3, n_parts: 3 })]).isBehind).toBe(true);
    expect(fold([first, delta(8, "!")]).isBehind).toBe(true);
  });
});

describe("attempts", () => {
  it("start afresh when a higher one comes", () => {
    expect(body(fold([delta(1, "old"), delta(1, "new", { attempt: 2 })]))).toBe("new");
    expect(body(fold([delta(1, "old"), snapshot(0, "", { attempt: 2 })]))).toBe("");
    expect(body(fold([delta(1, "old"), turnNotice("turn_started", { attempt: 2 })]))).toBe("");
  });

  it("that are lower are ignored, whatever they say", () => {
    const second = fold([delta(1, "new", { attempt: 2 })]);
    for (const late of [delta(2, "old"), snapshot(9, "old"), turnNotice("turn_finished"), failed()]) {
      expect(applyNotice(second, late)).toBe(second);
    }
  });

  it("go on after a failure was tried again", () => {
    const again = fold([delta(1, "half"), failed(), delta(1, "whole", { attempt: 2 })]);
    expect(again.turn).toMatchObject({ phase: "running", failure: null, attempt: 2 });
    expect(body(again)).toBe("whole");
  });
});

describe("the end", () => {
  it("keeps the words until the saved text is shown, and takes no more", () => {
    const ended = fold([delta(1, "a"), turnNotice("turn_finished"), delta(2, "b")]);
    expect(ended.turn?.phase).toBe("finished");
    expect(body(ended)).toBe("a");
    expect(body(settle(ended, "t1"))).toBe("");
  });

  it("says why it failed", () => {
    expect(fold([delta(1, "a"), failed()]).turn).toMatchObject({
      phase: "failed",
      failure: "The model did not answer.",
    });
  });

  it("of another answer does not end the running one", () => {
    const running = fold([delta(1, "a")]);
    expect(applyNotice(running, turnNotice("turn_finished", { turn_id: "t0" }))).toBe(running);
  });

  it("does not forget a running answer", () => {
    const running = fold([delta(1, "a")]);
    expect(settle(running, "t1")).toBe(running);
  });

  it("gives way to the next answer", () => {
    const next = fold([delta(1, "a"), turnNotice("turn_finished"), delta(1, "z", { turn_id: "t2" })]);
    expect(next.turn).toMatchObject({ turnId: "t2", phase: "running" });
    expect(body(next)).toBe("z");
  });
});

it("the saved message takes the place of the streamed one", () => {
  const state = fold([
    delta(1, "When?", { channel: "message" }),
    {
      type: "message_added",
      delivery_id: "3",
      session_id: SESSION,
      execution_id: "1",
      message: message("m1", { text: "When?" }),
    },
  ]);
  expect(state.turn?.texts.message).toBe("");
});

it("any losses and repeats, followed by a snapshot, end with the whole text", () => {
  const words = Array.from({ length: 40 }, (_, index) => `w${index} `);
  const whole = words.join("");
  for (let seed = 1; seed <= 200; seed += 1) {
    let random = seed;
    const next = () => (random = (random * 48_271) % 2_147_483_647) / 2_147_483_647;
    const heard = words.flatMap((word, index) => {
      const each = delta(index + 1, word);
      return next() < 0.1 ? [] : next() < 0.2 ? [each, each] : [each];
    });
    const state = fold(heard);
    const complete = state.isBehind || state.turn?.seq !== words.length;
    const caughtUp = complete ? fold([snapshot(words.length, whole)], state) : state;
    expect(body(caughtUp)).toBe(whole);
  }
});
