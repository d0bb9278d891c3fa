const NAMED: Record<string, string> = {
  amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", hellip: "…", ndash: "–",
  mdash: "—", laquo: "«", raquo: "»", copy: "©", eacute: "é", egrave: "è", agrave: "à", euro: "€",
};

function decodeOne(entity: string, name: string): string {
  if (!name.startsWith("#")) return NAMED[name] ?? entity;
  const isHex = name[1] === "x" || name[1] === "X";
  const code = Number.parseInt(name.slice(isHex ? 2 : 1), isHex ? 16 : 10);
  const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : entity;
}

/** Markdown allows HTML's character names; React shows text as it stands, so they are read here. */
export function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replaceAll(/&(#x?[0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});/g, decodeOne);
}

const SAFE = new Set(["http:", "https:", "mailto:"]);

/** An address that a text may lead to, else null: scripts, data and our own pages are not. */
export function safeAddress(href: string): string | null {
  try {
    const url = new URL(href);
    return SAFE.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
