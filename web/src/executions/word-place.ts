/** A place in the words of the page: a block of the text, and how many letters into it. */
export type WordPlace = { block: number; letters: number };

type CaretDocument = Document & {
  caretPositionFromPoint?: (x: number, y: number) => { offsetNode: Node; offset: number } | null;
};

/** The place under a point of the screen; null beside all words. */
export function placeAt(article: Element, x: number, y: number): WordPlace | null {
  const caret = (article.ownerDocument as CaretDocument).caretPositionFromPoint?.(x, y);
  const blocks = article.firstElementChild?.children;
  if (!caret || blocks === undefined) return null;
  for (const [block, element] of [...blocks].entries()) {
    if (!element.contains(caret.offsetNode)) continue;
    const range = article.ownerDocument.createRange();
    range.setStart(element, 0);
    range.setEnd(caret.offsetNode, caret.offset);
    return { block, letters: range.toString().length };
  }
  return null;
}
