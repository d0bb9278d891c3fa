/**
 * The script that the first sight of each page costs, compressed as the server does; fails the build above the budget.
 * Counted: the entry, the page with all that it imports, the shell and the socket behind the
 * sign-in, and one language. Written to dist/first-load.json.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_KB = 200;
const SHELL = ["src/shell/Shell.tsx", "src/realtime/connection.ts"];
const PAGES = {
  "sign in": ["src/identity/SignInPage.tsx"],
  home: ["src/home/HomePage.tsx", ...SHELL],
  tasks: ["src/catalog/TasksPage.tsx", ...SHELL],
  form: ["src/catalog/TasksPage.tsx", "src/catalog/TaskSheet.tsx", ...SHELL],
  execution: ["src/executions/ExecutionPage.tsx", ...SHELL],
  history: ["src/executions/HistoryPage.tsx", ...SHELL],
  settings: ["src/settings/SettingsPage.tsx", "src/i18n/settings/fr.ts", ...SHELL],
};

const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));
const sizes = new Map();

function sizeOf(file) {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(new URL(file, dist)), { level: 6 }).length);
  return sizes.get(file);
}

/** As finish-build.mjs packed it; a file too small for that is sent as gzip. */
function brotliSizeOf(file) {
  const packed = new URL(`${file}.br`, dist);
  return existsSync(packed) ? readFileSync(packed).length : sizeOf(file);
}

function collect(key, files) {
  const chunk = manifest[key];
  if (chunk === undefined) throw new Error(`no chunk for ${key} in the build`);
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const imported of chunk.imports ?? []) collect(imported, files);
}

const kb = (bytes) => Math.round(bytes / 100) / 10;
const report = {};
const overBrotli = {};
for (const [page, entries] of Object.entries(PAGES)) {
  const files = new Set();
  for (const key of ["index.html", "src/i18n/fr.ts", ...entries]) collect(key, files);
  const scripts = [...files].filter((file) => file.endsWith(".js"));
  report[page] = kb(scripts.reduce((sum, file) => sum + sizeOf(file), 0));
  overBrotli[page] = kb(scripts.reduce((sum, file) => sum + brotliSizeOf(file), 0));
}
writeFileSync(new URL("first-load.json", dist), `${JSON.stringify(report, null, 2)}\n`);

for (const [page, size] of Object.entries(report)) {
  process.stdout.write(
    `first load of ${page.padEnd(10)} ${size.toFixed(1).padStart(6)} kB gzip ${overBrotli[page].toFixed(1).padStart(6)} kB brotli\n`,
  );
}
if (process.argv.includes("--write")) writeTable();

const heaviest = Math.max(...Object.values(report));
if (heaviest > BUDGET_KB) {
  process.stderr.write(`The first load is ${heaviest} kB of script; the budget is ${BUDGET_KB} kB.\n`);
  process.exit(1);
}

function writeTable() {
  const rows = Object.keys(report).map(
    (page) => `| ${page} | ${report[page].toFixed(1)} | ${overBrotli[page].toFixed(1)} |`,
  );
  const text = `# First load

Script that the first sight of each page costs a browser that has nothing of ours yet, in kB. Counted
are the entry, the page with all that it imports, the shell and the socket behind the sign-in, and one
language. The budget is ${BUDGET_KB} kB, and a build above it fails (\`web/scripts/first-load.mjs\`).

Browsers take Brotli over https and on localhost, gzip elsewhere; the budget is held with gzip. A
second visit loads nothing: the service worker keeps the files, and fetches only what changed.
What a page opens later (the markdown renderer, the editor, the palette, the keyboard map, the
person's menu) comes when it is asked for.

Written by \`npm run measure\` in \`web\`.

| page | gzip | Brotli |
|---|---:|---:|
${rows.join("\n")}
`;
  writeFileSync(new URL("../../docs/reference/first-load.md", import.meta.url), text);
}
