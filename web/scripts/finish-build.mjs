/**
 * After the build: the service worker with its list of files, and each file compressed as well as
 * can be. The server sends the ".br" beside a file to browsers that accept it (over https).
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
const WORTH_BYTES = 1024;
/** Of the fonts only the one that every page needs; others are for the letters of few. */
const KEPT = /\.(?:js|css|html|svg|webmanifest)$|inter-latin-wght-normal-[\w-]+\.woff2$/;

function files(folder) {
  return readdirSync(new URL(folder, dist), { withFileTypes: true }).flatMap((entry) => {
    const path = folder + entry.name;
    if (entry.name.startsWith(".")) return [];
    return entry.isDirectory() ? files(`${path}/`) : [path];
  });
}

function writeServiceWorker(names) {
  const kept = names.filter((name) => KEPT.test(name)).toSorted();
  const hash = createHash("sha256");
  for (const name of kept) hash.update(name).update(readFileSync(new URL(name, dist)));
  const source = readFileSync(new URL("service-worker.js", import.meta.url), "utf8");
  const list = JSON.stringify(kept.map((name) => `/app/${name}`));
  const filled = source
    .replace('"mojodex-__VERSION__"', `"mojodex-${hash.digest("hex").slice(0, 16)}"`)
    .replace("= __FILES__", `= ${list}`);
  writeFileSync(new URL("sw.js", dist), filled);
}

function compress(names) {
  for (const name of names.filter((each) => /\.(?:js|css|html|svg)$/.test(each))) {
    const body = readFileSync(new URL(name, dist));
    if (body.length < WORTH_BYTES) continue;
    const packed = brotliCompressSync(body, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
      },
    });
    writeFileSync(`${fileURLToPath(new URL(name, dist))}.br`, packed);
  }
}

writeServiceWorker(files("").filter((name) => name !== "sw.js" && name !== "first-load.json"));
compress(files(""));
