import { describe, expect, it } from "vitest";
import { arrange, type PaletteItem } from "@/shell/palette/arrange";
import { readRecent, type Recent, rememberRecent } from "@/shell/palette/recent";

const item = (kind: PaletteItem["kind"], id: string, label: string, words = ""): PaletteItem => ({
  kind, id, label, words,
});
const tasks = [item("task", "1", "Meeting minutes", "From notes"), item("task", "2", "Blog post")];
const work = [item("work", "9", "Packaging line for Lyon")];
const commands = [item("command", "settings", "Settings", "password"), item("command", "home", "Home")];

function seen(query: string, recent: Recent[] = []) {
  return arrange(query, { tasks, work, commands, recent }).map(
    (group) => `${group.name}: ${group.items.map((each) => each.label).join(", ")}`,
  );
}

describe("without a query", () => {
  it("everything is there, recent things first and only once", () => {
    expect(seen("", [{ kind: "work", id: "9" }, { kind: "task", id: "gone" }])).toEqual([
      "recent: Packaging line for Lyon",
      "task: Meeting minutes, Blog post",
      "command: Settings, Home",
    ]);
  });
});

describe("with a query", () => {
  it("the kind that fits best comes first, and what the server found stays", () => {
    expect(seen("sett")).toEqual(["command: Settings", "work: Packaging line for Lyon"]);
    expect(seen("minutes")).toEqual(["task: Meeting minutes", "work: Packaging line for Lyon"]);
  });

  it("recent things that fit stand before all", () => {
    const recent: Recent[] = [{ kind: "command", id: "settings" }, { kind: "task", id: "2" }];
    expect(seen("password", recent)[0]).toBe("recent: Settings");
  });
});

describe("what was chosen", () => {
  it("is remembered, the newest first, once, and not without end", () => {
    for (let id = 0; id < 12; id += 1) rememberRecent({ kind: "task", id: String(id) });
    rememberRecent({ kind: "task", id: "9" });
    const ids = readRecent().map((recent) => recent.id);
    expect(ids.slice(0, 3)).toEqual(["9", "11", "10"]);
    expect(ids).toHaveLength(8);
  });

  it("survives nonsense in the store", () => {
    localStorage.setItem("mojodex.draft.palette.recent", '[{"kind":"task"}]');
    expect(readRecent()).toEqual([]);
  });
});
