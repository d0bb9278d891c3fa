import { describe, expect, it } from "vitest";
import { bestMatches, matchScore } from "@/components/match";

describe("matchScore", () => {
  it.each([
    ["", "Meeting minutes"],
    ["min", "Meeting minutes"],
    ["minutes meet", "Meeting minutes"],
    ["resume", "Résumé"],
    ["RÉS", "resume"],
  ])("%j fits %j", (query, name) => {
    expect(matchScore(query, name)).toBeGreaterThan(0);
  });

  it("fits nothing when one of its words is nowhere", () => {
    expect(matchScore("meeting zebra", "Meeting minutes", "Notes of a meeting")).toBe(0);
  });

  it("looks in further words too", () => {
    expect(matchScore("customer", "Follow-up e-mail", "A mail to a customer")).toBeGreaterThan(0);
  });
});

it("puts beginnings before words, words before parts, names before further words", () => {
  const items = ["Cabin log", "Blog post", "Log out", "Post: log"];
  expect(bestMatches("log", items, (item) => [item])).toEqual(["Log out", "Cabin log", "Post: log", "Blog post"]);
  const named = [["Other", "minutes"], ["Minutes", ""]] as const;
  expect(bestMatches("min", named, ([name, more]) => [name, more])[0]).toEqual(["Minutes", ""]);
});

it("keeps the order of equals", () => {
  expect(bestMatches("", ["b", "a"], (item) => [item])).toEqual(["b", "a"]);
});
