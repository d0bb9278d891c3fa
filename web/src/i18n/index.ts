/** Interface texts by keys, in English and French; one language is loaded at a time. */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type { LaterTexts, Texts } from "./texts";

export const LANGUAGES = { en: "English", fr: "Français" } as const;
export type Language = keyof typeof LANGUAGES;

const STORED_AS = "mojodex.language";

const loaders: Record<Language, () => Promise<Texts>> = {
  en: () => import("./en").then((module) => module.en),
  fr: () => import("./fr").then((module) => module.fr),
};

/** Texts of what is opened later; most visits never need them. */
const laterLoaders = {
  palette: {
    en: () => import("./palette/en").then((module): LaterTexts => module.palette),
    fr: () => import("./palette/fr").then((module): LaterTexts => module.palette),
  },
  settings: {
    en: () => import("./settings/en").then((module): LaterTexts => module.settings),
    fr: () => import("./settings/fr").then((module): LaterTexts => module.settings),
  },
} satisfies Record<string, Record<Language, () => Promise<LaterTexts>>>;

type Part = keyof typeof laterLoaders;
const wanted = new Set<Part>();

async function addPart(part: Part, language: Language): Promise<void> {
  i18next.addResourceBundle(language, "translation", await laterLoaders[part][language](), true);
}

/** Code together with the texts that it shows: `withTexts("palette", import("./Palette"))`. */
export async function withTexts<M>(part: Part, code: Promise<M>): Promise<M> {
  wanted.add(part);
  const [module] = await Promise.all([code, addPart(part, matchLanguage(i18next.language))]);
  return module;
}

/** The language we have for a code: exact, then its first two letters, then English. */
export function matchLanguage(code: string | null | undefined): Language {
  const short = (code ?? "").slice(0, 2).toLowerCase();
  return short in LANGUAGES ? (short as Language) : "en";
}

function rememberedLanguage(): string | null {
  try {
    return localStorage.getItem(STORED_AS);
  } catch {
    return null;
  }
}

function remember(language: Language): void {
  try {
    localStorage.setItem(STORED_AS, language);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

/** Switch the interface: loads the texts first, so that no key is ever shown. */
export async function speak(code: string): Promise<void> {
  const language = matchLanguage(code);
  if (!i18next.hasResourceBundle(language, "translation")) {
    i18next.addResourceBundle(language, "translation", await loaders[language]());
  }
  await Promise.all([...wanted].map((part) => addPart(part, language)));
  if (i18next.language !== language) await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  remember(language);
}

/** Start with the language chosen before, else the browser's. */
export async function startI18n(): Promise<void> {
  await i18next.use(initReactI18next).init({
    fallbackLng: false,
    resources: {},
    interpolation: { escapeValue: false },
    returnNull: false,
    react: { useSuspense: false },
  });
  await speak(rememberedLanguage() ?? navigator.language);
}

export { i18next };
