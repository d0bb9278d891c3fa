import { describe, expect, it } from "vitest";
import { byUse, suggestTasks } from "@/home/suggest";

const task = (name: string, description: string, last_used_at: string | null = null, is_enabled = true) => ({
  name, description, last_used_at, is_enabled,
});
const minutes = task("Meeting minutes", "Turn notes of a meeting into minutes.");
const mail = task("Follow-up e-mail", "Write to a customer after a conversation.");
const post = task("LinkedIn post", "Tell your network about something.", "2026-01-02T00:00:00Z");
const other = task("Not in the plan", "Meeting", "2026-03-02T00:00:00Z", false);
const all = [minutes, mail, post, other];

const best = (sentence: string) => suggestTasks(sentence, all)[0]?.name;

describe("a sentence", () => {
  it.each([
    ["Write the minutes of my meeting", "Meeting minutes"],
    ["an email to a customer I met", "Follow-up e-mail"],
    ["Post about our new office", "LinkedIn post"],
    ["What we were CONVERSING about", "Follow-up e-mail"],
  ])("%j asks for %s", (sentence, name) => {
    expect(best(sentence)).toBe(name);
  });

  it("that says nothing of any task offers what was used last", () => {
    expect(suggestTasks("Hm, a b", all).map((each) => each.name)).toEqual([
      "LinkedIn post", "Meeting minutes", "Follow-up e-mail",
    ]);
  });
});

it("tasks outside of the plan are never offered", () => {
  expect(byUse(all)).not.toContain(other);
  expect(suggestTasks("meeting", all)).not.toContain(other);
});
