import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dark, light, type Palette, variablesResolver } from "@/theme/theme";

const SRC = join(import.meta.dirname, "../src");

function sheets(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sheets(path);
    return entry.name.endsWith(".css") ? [path] : [];
  });
}

function channel(value: number): number {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
    channel(Number.parseInt(hex.slice(at, at + 2), 16)),
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [bright = 0, dim = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (bright + 0.05) / (dim + 0.05);
}

const surfaces = (palette: Palette) => [
  palette.canvas, palette.surface, palette.raised, palette.sunken, palette.hover,
];

describe.each([["light", light], ["dark", dark]] as const)("%s", (_, palette) => {
  it("has body text at AAA and all other text at AA on every surface", () => {
    for (const surface of surfaces(palette)) {
      expect(contrast(palette.text, surface)).toBeGreaterThanOrEqual(7);
      expect(contrast(palette.textSoft, surface)).toBeGreaterThanOrEqual(7);
      expect(contrast(palette.textFaint, surface)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(palette.accentText, surface)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(palette.danger.text, surface)).toBeGreaterThanOrEqual(4.5);
    }
    expect(contrast(palette.accentText, palette.accentSurface)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(palette.onAccent, palette.accent)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(palette.onAccent, palette.accentHover)).toBeGreaterThanOrEqual(4.5);
  });

  it("has four meanings whose text reads and whose icons are seen", () => {
    for (const meaning of [palette.success, palette.warning, palette.danger, palette.info]) {
      expect(contrast(meaning.text, meaning.surface)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(meaning.icon, meaning.surface)).toBeGreaterThanOrEqual(3);
    }
  });

  it("has borders of controls and focus that are seen", () => {
    for (const surface of [palette.canvas, palette.surface]) {
      expect(contrast(palette.borderStrong, surface)).toBeGreaterThanOrEqual(3);
      expect(contrast(palette.focus, surface)).toBeGreaterThanOrEqual(3);
    }
  });
});

it("dark surfaces step lighter as they rise", () => {
  const steps = [dark.sunken, dark.canvas, dark.surface, dark.raised].map(luminance);
  expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  expect(Math.min(...steps)).toBeGreaterThan(0);
});

const read = (name: string) => readFileSync(join(import.meta.dirname, "..", name), "utf8");

it("the frame of the window has the colour of the page", () => {
  const manifest = JSON.parse(read("public/manifest.webmanifest")) as Record<string, string>;
  expect([manifest.theme_color, manifest.background_color]).toEqual([light.canvas, light.canvas]);
  expect(read("index.html")).toContain(`name="theme-color" content="${light.canvas}"`);
  expect(read("public/color-scheme.js")).toContain(`"${dark.canvas}" : "${light.canvas}"`);
});

describe("style sheets", () => {
  const resolved = variablesResolver({} as never);
  const known = new Set([...Object.keys(resolved.variables), ...Object.keys(resolved.light)]);

  it.each(sheets(SRC).map((path) => [path.slice(SRC.length + 1), path]))("%s names no value of its own", (_, path) => {
    const css = readFileSync(path, "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");
    expect(css).not.toMatch(/#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(|\boklch\(/i);
    expect(css).not.toMatch(/\b\d*\.?\d+px\b/);
    expect(css).not.toMatch(/box-shadow:(?!\s*var\()/);
    const names = [...css.matchAll(/var\((--md-[\w-]+)/g)].map((match) => match[1] ?? "");
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });
});
