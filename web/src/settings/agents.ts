/** What a browser says of itself, in words a person knows. */

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, "Edge"],
  [/\bOPR\/|\bOpera\b/, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bFirefox\/|\bFxiOS\//, "Firefox"],
  [/\bHeadlessChrome\/|\bChrome\/|\bCriOS\//, "Chrome"],
  [/\bVersion\/[\d.]+.*\bSafari\//, "Safari"],
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bLinux\b|\bX11\b/, "Linux"],
];

export type Agent = { program: string; system: string | null; isPhone: boolean };

/** The program and where it runs. A program that is no browser is named by its first word. */
export function readAgent(agent: string): Agent {
  const find = (among: typeof BROWSERS) => among.find(([pattern]) => pattern.test(agent))?.[1] ?? null;
  const first = /^[^\s/;(]{1,40}/.exec(agent)?.[0] ?? "";
  return {
    program: find(BROWSERS) ?? first,
    system: find(SYSTEMS),
    isPhone: /\biPhone\b|\bAndroid\b.*\bMobile\b/.test(agent),
  };
}
