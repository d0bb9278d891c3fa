/** Words of the page on which a text is written and edited. */
export const conflict = {
  byAssistant: "The assistant wrote a newer version",
  compare: "Compare",
  compareTitle: "The other version and yours",
  elsewhere: "A newer version was saved elsewhere",
  keepMine: "Keep mine",
  kept: "Your text is kept here; whichever you choose, the other stays among the versions.",
  legend: "Struck through: only in the other version. Underlined: only in yours.",
  takeTheirs: "Take the other",
  title: "The same place was changed twice.",
} as const;

export const diff = {
  added: "Added:",
  none: "Both versions say the same.",
  removed: "Removed:",
  unchanged: "{{count}} unchanged lines",
} as const;

export const editor = {
  address: "Address",
  addressWrong: "This does not look like an address. It should read like https://example.com.",
  body: "Text",
  done: "Done",
  heading: "Heading {{level}}",
  name: "Edit the text",
  news: {
    merged: "A newer version was saved elsewhere; its changes are in your text now.",
    updated: "A newer version was saved elsewhere and is shown now.",
  },
  opening: "Opening the editor; you can type.",
  pageTitle: "Editing {{title}}",
  save: {
    refused: "Not saved – kept here.",
    retrying: "Not saved – kept here, will retry",
    saved: "Saved",
    saving: "Saving…",
    stale: "Not saved – kept here until you choose",
    waiting: "Saving…",
  },
  saved: "Your text is saved.",
  setLink: "Set the link",
  style: "Style",
  text: "Text",
  title: "Title",
  tool: {
    addColumn: "Add a column",
    addRow: "Add a row",
    bold: "Bold",
    bullets: "Bullet list",
    checks: "Check list",
    code: "Code",
    codeBlock: "Code block",
    italic: "Italic",
    link: "Link",
    numbers: "Numbered list",
    quote: "Quote",
    redo: "Redo",
    removeColumn: "Remove the column",
    removeRow: "Remove the row",
    rule: "Dividing line",
    strike: "Strike through",
    table: "Table",
    undo: "Undo",
  },
  tools: "Formatting",
  unlink: "Remove the link",
} as const;

export const ending = {
  ask: "Go on where the text stops.",
  cut: "The answer reached its limit of length, and the text stops here.",
  goOn: "Ask to go on",
  stopped: "You stopped the assistant here.",
  title: "How the text ends",
} as const;

export const more = {
  again: "Use again with these words",
  copyMarkdown: "Copy as Markdown",
  copyPlain: "Copy as plain text",
  delete: "Delete",
  deleted: "“{{title}}” is deleted.",
  print: "Print",
  rename: "Rename",
  saveHtml: "Download as web page (.html)",
  saveMarkdown: "Download as Markdown (.md)",
  savePlain: "Download as plain text (.txt)",
  title: "More",
} as const;

export const versions = {
  bringBack: "Bring it back",
  button: "Version {{shown}} of {{count}}",
  cause: {
    answer: "The assistant wrote it",
    change: "The assistant changed it, as asked in the conversation",
    edit: "You edited it",
    restore: "You brought version {{index}} back",
  },
  ending: { cut: "(cut at the limit of length)", stopped: "(stopped)" },
  isNewest: "newest",
  newest: "Show the newest",
  old: "You are reading version {{index}} of {{count}}.",
  one: "Version {{index}}",
  title: "Versions",
  unreachable: "The versions could not be loaded.",
  view: {
    made: "What it changed",
    name: "What to show",
    since: "Changes since then",
    text: "Text",
  },
} as const;
