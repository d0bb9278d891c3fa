import { describe, expect, it } from "vitest";
import { asksForPalette, KeyReader } from "@/shell/keyboard/shortcuts";

function read(...keys: [string, number][]) {
  const reader = new KeyReader();
  return keys.map(([key, at]) => reader.read(key, at)).at(-1);
}

describe("keys", () => {
  it.each([
    ["h", "/"],
    ["t", "/tasks"],
    ["r", "/history"],
    ["s", "/settings"],
  ])("g %s goes to %s", (key, place) => {
    expect(read(["g", 0], [key, 900])).toBe(place);
  });

  it("single ones search and help", () => {
    expect([read(["/", 0]), read(["?", 0]), read(["t", 0])]).toEqual(["search", "help", null]);
  });

  it("a g waits a moment, and only for the next key", () => {
    expect(read(["g", 0], ["t", 5000])).toBeNull();
    expect(read(["g", 0], ["x", 10], ["t", 20])).toBeNull();
    expect(read(["g", 0], ["?", 10])).toBeNull();
  });
});

const press = (init: KeyboardEventInit) => asksForPalette(new KeyboardEvent("keydown", init));

it("Ctrl K and ⌘ K ask for the palette, with nothing else held", () => {
  expect(press({ key: "k", ctrlKey: true })).toBe(true);
  expect(press({ key: "K", metaKey: true })).toBe(true);
  expect(press({ key: "k" })).toBe(false);
  expect(press({ key: "k", ctrlKey: true, shiftKey: true })).toBe(false);
  expect(press({ key: "k", ctrlKey: true, altKey: true })).toBe(false);
});
