/** Markdown that is still being written: read in steps, and shown without its half-written signs. */
import { lexer, type Token } from "marked";

/**
 * Reads a text that only grows. Blocks before the last two are complete and are not read again, so
 * that a delta costs as much as the end of the text, not as the whole.
 */
export class GrowingLexer {
  private done: Token[] = [];
  private doneLength = 0;
  private text = "";

  read(text: string): Token[] {
    if (!text.startsWith(this.text)) this.forget();
    this.text = text;
    const open = lexer(text.slice(this.doneLength));
    const nComplete = countComplete(open);
    const complete = open.slice(0, nComplete);
    this.done = complete.length === 0 ? this.done : [...this.done, ...complete];
    this.doneLength += complete.reduce((sum, token) => sum + token.raw.length, 0);
    return [...this.done, ...open.slice(nComplete)];
  }

  private forget(): void {
    this.done = [];
    this.doneLength = 0;
  }
}

/** How many blocks more words cannot change: those with two others behind them. */
function countComplete(tokens: readonly Token[]): number {
  let nBlocks = 0;
  for (let at = tokens.length - 1; at >= 0; at -= 1) {
    if (tokens[at]?.type === "space") continue;
    nBlocks += 1;
    if (nBlocks === 2) return at;
  }
  return 0;
}

/** A line that is only the beginning of a sign: of a heading, an item, a rule, a fence, a box. */
const BEGUN_LINE = /(^|\n)[ \t>]*(?:[-=*+_#>|`~]+|\d+[.)]?|[-*+][ \t]+(?:\[[ xX]?\]?)?|[-*+][ \t]+\[[ xX]\][ \t]*)[ \t]*$/;
/** The head of a table before the line under it has come. */
const BEGUN_TABLE = /(^|\n\n)\|[^\n]*(?:\n[ \t]*\|?[-:| \t]*)?$/;
const FENCE = /^ {0,3}(?:```|~~~)/gm;

function isInCode(text: string): boolean {
  return (text.match(FENCE)?.length ?? 0) % 2 === 1;
}

/** What of the text can be shown now: the signs of what is still being written are held back. */
export function presentable(text: string): string {
  const tail = text.slice(-4000);
  if (isInCode(text)) return text.replace(/\n[ \t]*(?:`{1,3}|~{1,3})$/, "\n");
  const held = tail.replace(BEGUN_LINE, "$1").replace(BEGUN_TABLE, "$1");
  return text.slice(0, text.length - tail.length) + closeMarks(held);
}

/** Marks that were opened in the last line and not closed are closed, so that they never show. */
function closeMarks(text: string): string {
  const start = text.lastIndexOf("\n") + 1;
  let line = text.slice(start).replace(/(?:!?\[[^\]\n]*\]\([^)\n]*|[*_~`]+)$/, (found) =>
    found.startsWith("[") || found.startsWith("!") ? (/\[([^\]]*)\]/.exec(found)?.[1] ?? "") : closing(text.slice(start), found),
  );
  if (countOf(line, "`") % 2 === 1) return `${text.slice(0, start)}${line}\``;
  line = withoutOpenLink(line);
  for (const mark of ["~~", "**", "*"]) {
    const bare = mark === "*" ? line.replaceAll("**", "").replace(/^\s*\*\s/, "") : line;
    if (countOf(bare, mark) % 2 === 1) line = line.trimEnd() + mark;
  }
  return text.slice(0, start) + line;
}

/** Signs at the very end close what is open, or open what has no words yet. */
function closing(line: string, signs: string): string {
  const before = line.slice(0, line.length - signs.length);
  return countOf(before, signs) % 2 === 1 ? signs : "";
}

function withoutOpenLink(line: string): string {
  const at = line.lastIndexOf("[");
  if (at < 0 || line.indexOf("]", at) >= 0) return line;
  return line.slice(0, at) + line.slice(at + 1);
}

const countOf = (text: string, sign: string) => text.split(sign).length - 1;
