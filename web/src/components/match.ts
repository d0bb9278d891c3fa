/** Finding by a few letters: no accents, any order of words, beginnings of words first. */

export function fold(text: string): string {
  return text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
}

export const wordsOf = (text: string) => fold(text).split(/[^\p{L}\p{N}+:]+/u).filter((word) => word !== "");

function scoreWord(word: string, text: string): number {
  if (text.startsWith(word)) return 4;
  if (text.includes(` ${word}`)) return 3;
  return text.includes(word) ? 1 : 0;
}

/** How well a query fits a name with some further words; 0 when one of its words is nowhere. */
export function matchScore(query: string, name: string, more = ""): number {
  const words = wordsOf(query);
  if (words.length === 0) return 1;
  const inName = wordsOf(name).join(" ");
  const inMore = wordsOf(more).join(" ");
  let score = 0;
  for (const word of words) {
    const best = Math.max(scoreWord(word, inName) * 4, scoreWord(word, inMore));
    if (best === 0) return 0;
    score += best;
  }
  return score;
}

/** Those that fit, the best first; equals keep their order. */
export function bestMatches<T>(query: string, items: readonly T[], texts: (item: T) => [string, string?]): T[] {
  return items
    .map((item) => ({ item, score: matchScore(query, ...texts(item)) }))
    .filter(({ score }) => score > 0)
    .toSorted((left, right) => right.score - left.score)
    .map(({ item }) => item);
}
