/** Two edits of one text brought together, block by block, where they touch different blocks. */
import { readMarkdown } from "./editor/read-markdown";
import { diffSequences } from "./diff";

/** A stretch of the base that one side replaced; of no length where it only added. */
type Edit = { from: number; to: number; blocks: string[] };

function editsOf(base: readonly string[], side: readonly string[]): Edit[] {
  const edits: Edit[] = [];
  let at = 0;
  for (const { kind, items } of diffSequences(base, side)) {
    if (kind === "same") {
      at += items.length;
      continue;
    }
    let last = edits.at(-1);
    if (last === undefined || last.to !== at) {
      last = { from: at, to: at, blocks: [] };
      edits.push(last);
    }
    if (kind === "added") {
      last.blocks.push(...items);
    } else {
      at += items.length;
      last.to = at;
    }
  }
  return edits;
}

const isSame = (one: Edit, other: Edit) =>
  one.from === other.from && one.to === other.to && one.blocks.join("\0") === other.blocks.join("\0");

/** Edits that meet at one place cannot be put in an order; those that only touch can. */
function collides(one: Edit, other: Edit): boolean {
  if (one.from === other.from) return true;
  const [first, second] = one.from < other.from ? [one, other] : [other, one];
  return first.to > second.from;
}

function blocksOf(text: string): string[] {
  return readMarkdown(text).blocks.map(({ raw }) => raw);
}

/** The text with both edits; null when they changed the same place in different ways. */
export function mergeTexts(base: string, mine: string, theirs: string): string | null {
  if (mine === theirs || theirs === base) return mine;
  if (mine === base) return theirs;
  const blocks = blocksOf(base);
  const ours = editsOf(blocks, blocksOf(mine));
  const others = editsOf(blocks, blocksOf(theirs)).filter(
    (edit) => !ours.some((each) => isSame(each, edit)),
  );
  if (others.some((edit) => ours.some((each) => collides(each, edit)))) return null;
  const merged = [...blocks];
  for (const edit of [...ours, ...others].toSorted((a, b) => b.from - a.from || b.to - a.to)) {
    merged.splice(edit.from, edit.to - edit.from, ...edit.blocks);
  }
  return merged.join("\n\n");
}

/** Titles are one piece: whoever changed it has it; null when both did, differently. */
export function mergeTitles(base: string, mine: string, theirs: string): string | null {
  if (mine === theirs || theirs === base) return mine;
  return mine === base ? theirs : null;
}
