import { describe, expect, it } from "vitest";
import { readProblem } from "@/api/errors";
import type { TaskInput, TaskItem } from "@/api/types";
import { forgetPrefill, prefillTask, withPrefill } from "@/catalog/prefill";
import { recentFirst } from "@/catalog/queries";
import type { GivenFile } from "@/catalog/files";
import { errorsByInput, filledValues, findFieldErrors, isDraft, missingFields, submitKeys, without } from "@/catalog/form";

const input = (name: string, changes: Partial<TaskInput> = {}): TaskInput => ({
  name,
  label: name,
  placeholder: null,
  kind: "text_area",
  choices: [],
  is_optional: false,
  file_rule: null,
  ...changes,
});

const inputs = [input("notes"), input("tone", { kind: "drop_down_list" }), input("extra", { is_optional: true })];

describe("a form", () => {
  it("names what is missing, in the order of the form", () => {
    expect(missingFields(inputs, {})).toEqual(["notes", "tone"]);
    expect(missingFields(inputs, { notes: "  \n", tone: "warm" })).toEqual(["notes"]);
    expect(missingFields(inputs, { notes: "a", tone: "warm" })).toEqual([]);
  });

  it("sends only its own fields that hold something, as they were typed", () => {
    const values = { notes: " a ", tone: "warm", extra: " ", gone: "from an older form" };
    expect(filledValues(inputs, values)).toEqual({ notes: " a ", tone: "warm" });
  });

  it("puts the server's words at their fields", () => {
    const error = readProblem(422, {
      code: "invalid_choice",
      detail: "Choose one of the list.",
      errors: [
        { field: "inputs.tone", detail: "Choose one of the list." },
        { field: "body.inputs.a.b", detail: "Too long." },
        { field: "task_id", detail: "Unknown." },
      ],
    });
    expect(errorsByInput(error)).toEqual({ tone: "Choose one of the list.", "a.b": "Too long." });
    expect(without({ tone: "x", notes: "y" }, "tone")).toEqual({ notes: "y" });
  });

  it("takes only drafts of its own making", () => {
    expect(isDraft({ values: { notes: "a" }, clientId: "c" })).toBe(true);
    expect(isDraft({ values: {}, clientId: "c", executionId: "7" })).toBe(true);
    for (const other of [{ values: {}, clientId: "c", executionId: 7 }, null, "a", {}, { values: { notes: 3 }, clientId: "c" }, { values: null, clientId: "c" }]) {
      expect(isDraft(other)).toBe(false);
    }
  });

  it("names the keys of this machine", () => {
    expect([submitKeys("MacIntel"), submitKeys("Linux x86_64")]).toEqual(["⌘↵", "Ctrl ↵"]);
  });
});

const file = (changes: Partial<GivenFile>): GivenFile => ({
  key: "k", name: "a.png", size: 3, upload: null, file: null, preview: null, sent: 0, problem: null, ...changes,
});

it("says of files what may help: sending them again, or others", () => {
  const words = ((key: string) => key) as never;
  const photo = input("photo", { kind: "image", file_rule: { media_types: [], suffixes: [], max_bytes: 1, max_files: 3 } });
  const refused = file({ problem: { words: "Not a picture.", isPassing: false } });
  const unsent = file({ problem: { words: "No answer.", isPassing: true } });
  const errorOf = (...files: GivenFile[]) => findFieldErrors(words, [photo], {}, { photo: files }).photo;
  expect(errorOf(refused)).toBe("files.refused");
  expect(errorOf(refused, unsent)).toBe("files.unfinished");
  expect(errorOf(refused, file({}))).toBe("files.refused");
  expect(errorOf(file({}))).toBe("files.wait");
  expect(errorOf()).toBe("form.missing");
});

describe("words that were said elsewhere", () => {
  const draft = { values: {}, clientId: "c" };

  it("stand in the first text field, once", () => {
    prefillTask("7", "Write to Lyon");
    const fields = [input("photo", { kind: "image" }), ...inputs];
    const filled = withPrefill("7", fields, draft);
    expect(filled.values).toEqual({ notes: "Write to Lyon" });
    expect(filled.clientId).not.toBe("c");
    expect(withPrefill("7", fields, filled)).toBe(filled);
    expect(withPrefill("8", fields, draft)).toBe(draft);
    forgetPrefill("7");
    expect(withPrefill("7", fields, draft)).toBe(draft);
  });

  it("come after what was typed there before", () => {
    prefillTask("7", "And to Nantes");
    const filled = withPrefill("7", inputs, { ...draft, values: { notes: "Write to Lyon" } });
    expect(filled.values).toEqual({ notes: "Write to Lyon\n\nAnd to Nantes" });
    expect(withPrefill("7", inputs, filled)).toBe(filled);
    expect(withPrefill("7", [input("photo", { kind: "image" })], draft)).toBe(draft);
    prefillTask("8", "  ");
    expect(withPrefill("8", inputs, draft)).toBe(draft);
  });
});

const task = (id: string, last_used_at: string | null, is_enabled = true): TaskItem => ({
  id, name: id, description: "", icon: "", kind: "instruct", is_enabled, last_used_at,
});

it("shows what was used last first, and what is not in the plan last", () => {
  const tasks = [
    task("1", null), task("2", "2026-11-01T00:00:00.000Z"), task("3", "2026-11-02T00:00:00.000Z", false),
    task("4", null), task("5", "2026-11-03T00:00:00.000Z"),
  ];
  expect(recentFirst(tasks).map((each) => each.id)).toEqual(["5", "2", "1", "4", "3"]);
});
