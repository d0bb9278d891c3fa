import type { en } from "./en";
import type { more } from "./more/en";

/** Every key of English with any words: another language must have exactly these. */
type Translated<T> = { [Key in keyof T]: T[Key] extends string ? string : Translated<T[Key]> };

export type Texts = Translated<typeof en>;
export type MoreTexts = Translated<typeof more>;
