/**
 * Every colour, size and shadow of the interface. Style sheets use the variables made here and
 * name no value of their own; test/theme.test.ts holds them to it and measures the contrasts.
 */
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

type Step = { text: string; icon: string; surface: string };
export type Palette = {
  canvas: string;
  surface: string;
  raised: string;
  sunken: string;
  hover: string;
  border: string;
  borderStrong: string;
  text: string;
  textSoft: string;
  textFaint: string;
  accent: string;
  accentHover: string;
  accentText: string;
  accentSurface: string;
  onAccent: string;
  focus: string;
  backdrop: string;
  shadow: string;
  success: Step;
  warning: Step;
  danger: Step;
  info: Step;
};

/** Greys carry a little warmth; the accent is indigo. */
export const light: Palette = {
  canvas: "#fbfaf9",
  surface: "#ffffff",
  raised: "#ffffff",
  sunken: "#f5f4f1",
  hover: "#f0eeeb",
  border: "#e7e4df",
  borderStrong: "#8f8a82",
  text: "#211f1c",
  textSoft: "#524e48",
  textFaint: "#6a655e",
  accent: "#4f46e5",
  accentHover: "#4338ca",
  accentText: "#4338ca",
  accentSurface: "#eef0fd",
  onAccent: "#ffffff",
  focus: "#4f46e5",
  backdrop: "rgb(33 31 28 / 32%)",
  shadow: "0 1px 2px rgb(33 31 28 / 6%), 0 12px 32px rgb(33 31 28 / 12%)",
  success: { text: "#14582f", icon: "#15803d", surface: "#e9f5ed" },
  warning: { text: "#74440b", icon: "#a16207", surface: "#fbf3df" },
  danger: { text: "#a11b12", icon: "#c92a1f", surface: "#fdeeec" },
  info: { text: "#1c477f", icon: "#2563c9", surface: "#eaf1fc" },
};

/** Dark is designed by itself: surfaces step lighter as they rise, nothing is pure black. */
export const dark: Palette = {
  canvas: "#171614",
  surface: "#1d1b19",
  raised: "#292623",
  sunken: "#131210",
  hover: "#282522",
  border: "#33302c",
  borderStrong: "#7d776f",
  text: "#eeebe7",
  textSoft: "#c6c0b8",
  textFaint: "#a39d94",
  accent: "#5d57e6",
  accentHover: "#645fe9",
  accentText: "#b3b8fb",
  accentSurface: "#272746",
  onAccent: "#ffffff",
  focus: "#a5abf8",
  backdrop: "rgb(10 9 8 / 56%)",
  shadow: "0 1px 2px rgb(0 0 0 / 40%), 0 16px 40px rgb(0 0 0 / 48%)",
  success: { text: "#93dfae", icon: "#4cc97b", surface: "#182c1f" },
  warning: { text: "#efcf85", icon: "#dcab2d", surface: "#2f2713" },
  danger: { text: "#f8aea6", icon: "#f07c71", surface: "#381f1c" },
  info: { text: "#a5c8f7", icon: "#6aa5f0", surface: "#19273c" },
};

/** Sizes stand on a grid of 4 px and are written in rem, so that the reader's zoom holds. */
const sizes = {
  "rail-width": "14.5rem",
  "rail-narrow": "3.75rem",
  "phone-bar": "3.75rem",
  "chat-width": "22.5rem",
  "sheet-width": "36rem",
  "popup-width": "22.5rem",
  "panel-height": "20rem",
  "composer-height": "5.25rem",
  "palette-width": "40rem",
  "settings-width": "44rem",
  "sign-in-width": "23rem",
  measure: "68ch",
  "page-width": "64rem",
  "card-width": "16rem",
  target: "2rem",
  "target-touch": "2.75rem",
  send: "1.75rem",
  "icon-small": "1rem",
  icon: "1.25rem",
  "icon-large": "2rem",
  hairline: "1px",
  outline: "2px",
  "editor-height": "24rem",
  "list-height": "20rem",
  thumb: "3rem",
  "bubble-width": "88%",
  blur: "8px",
  gone: "-200%",
  "type-small": "0.75rem",
  "type-base": "0.875rem",
  "type-body": "1rem",
  "type-title": "1.25rem",
  "type-large": "1.75rem",
  "line-base": "1.25rem",
  "line-body": "1.625rem",
  "space-1": "0.25rem",
  "space-2": "0.5rem",
  "space-3": "0.75rem",
  "space-4": "1rem",
  "space-5": "1.25rem",
  "space-6": "1.5rem",
  "space-8": "2rem",
  "space-10": "2.5rem",
  "space-12": "3rem",
  "space-16": "4rem",
  "radius-small": "0.375rem",
  radius: "0.5rem",
  "radius-sheet": "0.75rem",
  "radius-full": "62.5rem",
  "motion-fast": "120ms",
  motion: "160ms",
  "motion-slow": "200ms",
  "motion-breath": "1.4s",
  ease: "cubic-bezier(0.2, 0.8, 0.2, 1)",
} as const;

const fontSans =
  '"Inter Variable", ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const fontMono = 'ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, monospace';

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function paletteVariables(palette: Palette): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(palette)) {
    if (typeof value === "string") variables[`--md-${kebab(name)}`] = value;
    else for (const [part, colour] of Object.entries(value)) variables[`--md-${name}-${part}`] = colour;
  }
  return {
    ...variables,
    "--mantine-color-body": palette.canvas,
    "--mantine-color-text": palette.text,
    "--mantine-color-dimmed": palette.textFaint,
    "--mantine-color-bright": palette.text,
    "--mantine-color-anchor": palette.accentText,
    "--mantine-color-placeholder": palette.textFaint,
    "--mantine-color-error": palette.danger.text,
    "--mantine-color-default": palette.surface,
    "--mantine-color-default-hover": palette.hover,
    "--mantine-color-default-color": palette.text,
    "--mantine-color-default-border": palette.border,
    "--mantine-primary-color-filled": palette.accent,
    "--mantine-primary-color-filled-hover": palette.accentHover,
    "--mantine-primary-color-light": palette.accentSurface,
    "--mantine-primary-color-light-hover": palette.accentSurface,
    "--mantine-primary-color-light-color": palette.accentText,
    "--mantine-color-indigo-filled": palette.accent,
    "--mantine-color-indigo-filled-hover": palette.accentHover,
    "--mantine-color-indigo-light": palette.accentSurface,
    "--mantine-color-indigo-light-hover": palette.accentSurface,
    "--mantine-color-indigo-light-color": palette.accentText,
    "--mantine-color-gray-light": palette.sunken,
    "--mantine-color-gray-light-hover": palette.hover,
    "--mantine-color-gray-light-color": palette.textSoft,
    "--mantine-shadow-sm": palette.shadow,
    "--mantine-shadow-md": palette.shadow,
    "--mantine-shadow-lg": palette.shadow,
    "--mantine-shadow-xl": palette.shadow,
  };
}

export const variablesResolver: CSSVariablesResolver = () => ({
  variables: Object.fromEntries(Object.entries(sizes).map(([name, value]) => [`--md-${name}`, value])),
  light: paletteVariables(light),
  dark: paletteVariables(dark),
});

const warm: MantineColorsTuple = [
  "#fbfaf9", "#f5f4f1", "#f0eeeb", "#e7e4df", "#d3cfc8",
  "#b0aaa1", "#8f8a82", "#6a655e", "#524e48", "#211f1c",
];
const night: MantineColorsTuple = [
  "#eeebe7", "#c6c0b8", "#a39d94", "#7d776f", "#33302c",
  "#292623", "#24211f", "#1d1b19", "#171614", "#131210",
];
const indigo: MantineColorsTuple = [
  "#eef0fd", "#dfe1fb", "#c3c7f8", "#a5abf8", "#8b8ff3",
  "#6d68ee", "#4f46e5", "#4338ca", "#3730a3", "#2c2780",
];

export const theme = createTheme({
  fontFamily: fontSans,
  fontFamilyMonospace: fontMono,
  fontSizes: { xs: "0.75rem", sm: "0.875rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  lineHeights: { xs: "1.4", sm: "1.43", md: "1.43", lg: "1.6", xl: "1.4" },
  spacing: { xs: "0.5rem", sm: "0.75rem", md: "1rem", lg: "1.5rem", xl: "2rem" },
  radius: { xs: "0.25rem", sm: "0.375rem", md: "0.5rem", lg: "0.75rem", xl: "62.5rem" },
  defaultRadius: "md",
  colors: { gray: warm, dark: night, indigo },
  primaryColor: "indigo",
  primaryShade: { light: 6, dark: 6 },
  headings: { fontFamily: fontSans, fontWeight: "620" },
  cursorType: "pointer",
  respectReducedMotion: true,
  focusRing: "auto",
  components: {
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray", size: "md" } },
    Button: { defaultProps: { fw: 550 } },
    Textarea: { defaultProps: { size: "md" } },
  },
});
