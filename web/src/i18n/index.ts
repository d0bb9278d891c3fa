/** Interface texts by keys, in English and French; one language is loaded at a time. */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type { Texts } from "./texts";

export const LANGUAGES = { en: "English", fr: "Français" } as const;
export type Language = keyof typeof LANGUAGES;

const STORED_AS = "mojodex.language";

const loaders: Record<Language, () => Promise<Texts>> = {
  en: () => import("./en").then((module) => module.en),
  fr: () => import("./fr").then((module) => module.fr),
};

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
