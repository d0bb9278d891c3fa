/** Which task a sentence asks for. Pure; a guess that is shown, never acted on by itself. */
import { wordsOf } from "@/components/match";

type Suggestible = { name: string; description: string; is_enabled: boolean; last_used_at: string | null };

/** Words this short say what is meant too rarely. */
const SHORTEST = 3;
/** So many letters in common make two words forms of one: "summarise", "summary". */
const STEM = 5;

/** Words that stand in any sentence, in the languages of the interface. */
const EVERYDAY = new Set(
  ("about and for from have into need that the this what who will with write you your " +
    "avec dans des ecrire elle est les mes mon nos notre pour que qui sur une vos votre").split(" "),
);

const isSameWord = (left: string, right: string) =>
  left === right ||
  (Math.min(left.length, right.length) >= SHORTEST && (left.startsWith(right) || right.startsWith(left))) ||
  (left.length >= STEM && left.slice(0, STEM) === right.slice(0, STEM));

const tellingWords = (text: string) =>
  wordsOf(text).filter((word) => word.length >= SHORTEST && !EVERYDAY.has(word));

function fit(words: string[], text: string): number {
  const among = tellingWords(text);
  return words.filter((word) => among.some((other) => isSameWord(word, other))).length;
}

/** The tasks used last stand first, then those never used. */
export function byUse<T extends Suggestible>(tasks: readonly T[]): T[] {
  return tasks
    .filter((task) => task.is_enabled)
    .toSorted((left, right) => (right.last_used_at ?? "").localeCompare(left.last_used_at ?? ""));
}

/** All tasks that can be started, those first whose name, then whose description, the sentence speaks of. */
export function suggestTasks<T extends Suggestible>(sentence: string, tasks: readonly T[]): T[] {
  const words = tellingWords(sentence);
  return byUse(tasks)
    .map((task) => ({ task, score: fit(words, task.name) * 3 + fit(words, task.description) }))
    .toSorted((left, right) => right.score - left.score)
    .map(({ task }) => task);
}
