import { describe, expect, it } from "vitest";
import { readProblem } from "@/api/errors";
import type { TaskInput } from "@/api/types";
import { errorsByInput, filledValues, isDraft, isFillable, missingFields, submitKeys, without } from "@/catalog/form";

const input = (name: string, changes: Partial<TaskInput> = {}): TaskInput => ({
  name,
  label: name,
  placeholder: null,
  kind: "text_area",
  choices: [],
  is_optional: false,
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

  it("knows which fields it can show", () => {
    expect(inputs.map(isFillable)).toEqual([true, true, true]);
    expect(isFillable(input("photo", { kind: "image" }))).toBe(false);
  });

  it("takes only drafts of its own making", () => {
    expect(isDraft({ values: { notes: "a" }, clientId: "c" })).toBe(true);
    for (const other of [null, "a", {}, { values: { notes: 3 }, clientId: "c" }, { values: null, clientId: "c" }]) {
      expect(isDraft(other)).toBe(false);
    }
  });

  it("names the keys of this machine", () => {
    expect([submitKeys("MacIntel"), submitKeys("Linux x86_64")]).toEqual(["⌘↵", "Ctrl ↵"]);
  });
});
