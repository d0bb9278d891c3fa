/** The text in the forms in which people take it along. */

const KEPT_ATTRIBUTES = new Set(["href", "start", "scope", "colspan", "rowspan"]);

const escapeHtml = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** The words on the page as plain HTML, without what only the page needs, under their title. */
export function cleanHtml(article: Element, title: string): string {
  const copy = article.cloneNode(true) as Element;
  for (const check of copy.querySelectorAll('[role="img"][aria-label]')) {
    const isDone = check.getAttribute("data-done") === "true";
    check.replaceWith(`${isDone ? "☑" : "☐"} `);
  }
  for (const extra of copy.querySelectorAll("svg, button, input, [aria-hidden=true], .only-read-aloud")) {
    extra.remove();
  }
  for (const element of copy.querySelectorAll("*")) {
    for (const name of element.getAttributeNames()) {
      if (!KEPT_ATTRIBUTES.has(name)) element.removeAttribute(name);
    }
  }
  return `<h1>${escapeHtml(title)}</h1>\n${copy.innerHTML}`;
}

/** A page of its own, that a browser and a word processor open. */
export function htmlFile(article: Element, title: string, language: string): string {
  return [
    "<!doctype html>",
    `<html lang="${language}">`,
    `<head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head>`,
    `<body>${cleanHtml(article, title)}</body>`,
    "</html>",
    "",
  ].join("\n");
}

export const markdownFile = (title: string, body: string) => `# ${title}\n\n${body.trimEnd()}\n`;

/** A name that every file system takes. */
export function fileName(title: string, ending: string): string {
  const safe = title
    .replaceAll(/[\p{Cc}<>:"/\\|?*]+/gu, " ")
    .replaceAll(/\s+/g, " ")
    .trim()
    .replace(/[. ]+$/, "")
    .slice(0, 80)
    .trim();
  return `${safe === "" ? "text" : safe}.${ending}`;
}

/** Have the browser save a file. */
export function saveFile(name: string, type: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
