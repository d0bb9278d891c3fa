import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, unreachable } from "@/api/errors";
import { Autosave, LONGEST_MS, PAUSE_MS, RETRIES_MS } from "@/executions/autosave";

const problem = (status: number, code: string) => new ApiError({ status, code, detail: "", errors: [] });

function setUp() {
  const answers: { resolve: () => void; reject: (error: unknown) => void; content: string }[] = [];
  const save = vi.fn((content: string) =>
    new Promise<void>((resolve, reject) => answers.push({ resolve, reject, content })),
  );
  const onSaved = vi.fn();
  const autosave = new Autosave<string>("start", { save, onSaved, isSame: (one, other) => one === other });
  const states: string[] = [];
  autosave.subscribe(() => states.push(autosave.get().state));
  const answer = async (error?: unknown) => {
    const last = answers.at(-1);
    if (error === undefined) last?.resolve();
    else last?.reject(error);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { autosave, save, onSaved, states, answer };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("autosave", () => {
  it("saves a moment after the last key, once", async () => {
    const { autosave, save, states, answer, onSaved } = setUp();
    autosave.edit("a");
    vi.advanceTimersByTime(PAUSE_MS - 1);
    autosave.edit("ab");
    vi.advanceTimersByTime(PAUSE_MS - 1);
    expect(save).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(save.mock.calls).toEqual([["ab"]]);
    await answer();
    expect(states).toEqual(["waiting", "saving", "saved"]);
    expect(onSaved).toHaveBeenCalledWith("ab");
    expect(autosave.isDirty).toBe(false);
  });

  it("saves now and then while somebody types without a pause", () => {
    const { autosave, save } = setUp();
    for (let at = 0; at <= LONGEST_MS; at += 500) {
      autosave.edit(`typed ${at}`);
      vi.advanceTimersByTime(500);
    }
    expect(save).toHaveBeenCalledTimes(1);
  });

  it("saves what was typed meanwhile after the one that is under way", async () => {
    const { autosave, save, states, answer } = setUp();
    autosave.edit("a");
    vi.advanceTimersByTime(PAUSE_MS);
    autosave.edit("ab");
    vi.advanceTimersByTime(PAUSE_MS * 2);
    expect(save).toHaveBeenCalledTimes(1);
    await answer();
    expect(states.at(-1)).toBe("waiting");
    vi.advanceTimersByTime(PAUSE_MS);
    expect(save.mock.calls.map(([content]) => content)).toEqual(["a", "ab"]);
  });

  it("asks nothing of the server when the change was taken back", () => {
    const { autosave, save, states } = setUp();
    autosave.edit("a");
    autosave.edit("start");
    vi.advanceTimersByTime(LONGEST_MS * 2);
    expect(save).not.toHaveBeenCalled();
    expect(states).toEqual(["waiting", "saved"]);
  });

  it("tries again with longer pauses, and at once when it is told to", async () => {
    const { autosave, save, answer } = setUp();
    autosave.edit("a");
    vi.advanceTimersByTime(PAUSE_MS);
    for (const delay of RETRIES_MS.slice(0, 3)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await answer(unreachable());
      expect(autosave.get().state).toBe("retrying");
      const calls = save.mock.calls.length;
      vi.advanceTimersByTime(delay - 1);
      expect(save).toHaveBeenCalledTimes(calls);
      vi.advanceTimersByTime(1);
      expect(save).toHaveBeenCalledTimes(calls + 1);
    }
    await answer(unreachable());
    autosave.edit("ab");
    expect(autosave.get().state).toBe("retrying");
    void autosave.flush();
    await vi.advanceTimersByTimeAsync(0);
    expect(save).toHaveBeenLastCalledWith("ab");
    await answer();
    expect(autosave.get().state).toBe("saved");
  });

  it("does not repeat what will be refused again, until it is changed", async () => {
    const { autosave, save, answer } = setUp();
    autosave.edit("too long");
    vi.advanceTimersByTime(PAUSE_MS);
    await answer(problem(413, "text_too_long"));
    expect(autosave.get().state).toBe("refused");
    vi.advanceTimersByTime(60_000);
    expect(save).toHaveBeenCalledTimes(1);
    autosave.edit("shorter");
    vi.advanceTimersByTime(PAUSE_MS);
    expect(save).toHaveBeenCalledTimes(2);
  });

  it("sends nothing more over a newer version, until that is settled", async () => {
    const { autosave, save, answer } = setUp();
    autosave.edit("mine");
    vi.advanceTimersByTime(PAUSE_MS);
    await answer(problem(409, "stale_version"));
    expect(autosave.get().state).toBe("stale");
    autosave.edit("mine too");
    vi.advanceTimersByTime(60_000);
    await autosave.flush();
    expect(save).toHaveBeenCalledTimes(1);
    autosave.rebase("theirs", "both");
    vi.advanceTimersByTime(PAUSE_MS);
    expect(save).toHaveBeenLastCalledWith("both");
    autosave.rebase("theirs", "theirs");
    expect(autosave.get().state).toBe("saved");
  });

  it("is quiet once it was stopped", () => {
    const { autosave, save } = setUp();
    autosave.edit("a");
    autosave.stop();
    vi.advanceTimersByTime(60_000);
    expect(save).not.toHaveBeenCalled();
  });
});
