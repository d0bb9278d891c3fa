import type { en } from "./en";
import type { palette } from "./palette/en";
import type { settings } from "./settings/en";

/** Every key of English with any words: another language must have exactly these. */
type Translated<T> = { [Key in keyof T]: T[Key] extends string ? string : Translated<T[Key]> };

export type Texts = Translated<typeof en>;
export type PaletteTexts = Translated<typeof palette>;
export type SettingsTexts = Translated<typeof settings>;
export type LaterTexts = PaletteTexts | SettingsTexts;
