/**
 * The script that the first sight of each page costs, compressed as the server does; fails the build above the budget.
 * Counted: the entry, the page with all that it imports, the shell and the socket behind the
 * sign-in, and one language. Written to dist/first-load.json.
 */
import { readFileSync, writeFileSync } from "node:fs";
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
};

const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));
const sizes = new Map();

function sizeOf(file) {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(new URL(file, dist)), { level: 6 }).length);
  return sizes.get(file);
}

function collect(key, files) {
  const chunk = manifest[key];
  if (chunk === undefined) throw new Error(`no chunk for ${key} in the build`);
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const imported of chunk.imports ?? []) collect(imported, files);
}

const report = {};
for (const [page, entries] of Object.entries(PAGES)) {
  const files = new Set();
  for (const key of ["index.html", "src/i18n/fr.ts", ...entries]) collect(key, files);
  const bytes = [...files].filter((file) => file.endsWith(".js")).reduce((sum, file) => sum + sizeOf(file), 0);
  report[page] = Math.round(bytes / 100) / 10;
}
writeFileSync(new URL("first-load.json", dist), `${JSON.stringify(report, null, 2)}\n`);

for (const [page, kb] of Object.entries(report)) {
  process.stdout.write(`first load of ${page.padEnd(10)} ${kb.toFixed(1).padStart(6)} kB\n`);
}
const heaviest = Math.max(...Object.values(report));
if (heaviest > BUDGET_KB) {
  process.stderr.write(`The first load is ${heaviest} kB of script; the budget is ${BUDGET_KB} kB.\n`);
  process.exit(1);
}
