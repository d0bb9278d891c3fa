import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { matchLanguage } from "@/i18n";
import { en } from "@/i18n/en";
import { fr } from "@/i18n/fr";
import { palette as paletteEnglish } from "@/i18n/palette/en";
import { palette as paletteFrench } from "@/i18n/palette/fr";
import { settings as settingsEnglish } from "@/i18n/settings/en";
import { settings as settingsFrench } from "@/i18n/settings/fr";
import { exactTime, relativeTime } from "@/i18n/times";

type Tree = { [key: string]: string | Tree };

function flatten(tree: Tree, prefix = ""): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === "string") texts.set(prefix + key, value);
    else for (const entry of flatten(value, `${prefix}${key}.`)) texts.set(...entry);
  }
  return texts;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "i18n" ? [] : sources(path);
    return /\.tsx?$/.test(entry.name) ? [readFileSync(path, "utf8")] : [];
  });
}

const later = { ...paletteEnglish, ...settingsEnglish };
const english = flatten({ ...en, ...later });
const french = flatten({ ...fr, ...paletteFrench, ...settingsFrench });
const code = sources(join(import.meta.dirname, "../src")).join("\n");

/** Keys are written whole in quotes, or as a template that begins with their group. */
function isUsed(form: string): boolean {
  const key = form.replace(/_(?:one|other)$/, "");
  if (code.includes(`"${key}"`)) return true;
  const groups = [...code.matchAll(/`([\w.]+\.)\$\{/g)].map((match) => match[1] ?? "");
  return groups.some((group) => key.startsWith(group));
}

const gaps = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).toSorted();

describe("texts", () => {
  it("stand once, with the first sight or with what comes later", () => {
    expect(Object.keys(later).filter((group) => group in en)).toEqual([]);
  });

  it("have the same keys in every language", () => {
    expect([...french.keys()]).toEqual([...english.keys()]);
  });

  it("leave the same gaps for values", () => {
    for (const [key, text] of english) expect(gaps(french.get(key) ?? ""), key).toEqual(gaps(text));
  });

  it("are never empty, and French is not English", () => {
    for (const [key, text] of french) expect(text.trim(), key).not.toBe("");
    const same = [...english].filter(([key, text]) => french.get(key) === text).map(([key]) => key);
    // Words that are the same in both.
    expect(same).toEqual([
      "chat.messages", "chat.title", "signIn.email", "text.code", "versions.one", "versions.title",
      "settings.version",
    ]);
  });

  it("are all used", () => {
    expect([...english.keys()].filter((key) => !isUsed(key))).toEqual([]);
  });
});

it("languages match exactly, then by two letters, then English", () => {
  expect([matchLanguage("fr"), matchLanguage("fr-CA"), matchLanguage("de"), matchLanguage(null)]).toEqual([
    "fr", "fr", "en", "en",
  ]);
});

describe("times", () => {
  const now = new Date("2026-11-21T12:00:00Z");

  it.each([
    ["2026-11-21T11:59:40Z", "now", "maintenant"],
    ["2026-11-21T11:55:00Z", "5 minutes ago", "il y a 5 minutes"],
    ["2026-11-21T09:00:00Z", "3 hours ago", "il y a 3 heures"],
    ["2026-11-20T09:00:00Z", "yesterday", "hier"],
    ["2026-11-11T12:00:00Z", "last week", "la semaine dernière"],
    ["2026-07-01T12:00:00Z", "4 months ago", "il y a 4 mois"],
  ])("%s is %s, %s", (at, inEnglish, inFrench) => {
    expect(relativeTime(at, now, "en")).toBe(inEnglish);
    expect(relativeTime(at, now, "fr")).toBe(inFrench);
  });

  it("call a day what the calendar does", () => {
    const night = new Date("2026-11-30T00:40:00");
    const before = (when: string) => relativeTime(when, night, "en");
    expect(before("2026-11-28T21:00:00")).toBe("2 days ago");
    expect(before("2026-11-29T00:10:00")).toBe("yesterday");
    expect(before("2026-11-29T23:00:00")).toBe("1 hour ago");
  });

  it("are exact on demand", () => {
    expect(exactTime("2026-11-21T12:00:00Z", "en")).toContain("2026");
  });
});
