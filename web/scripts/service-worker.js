/*
 * Keeps the app's own files, so that it opens at once and without a network. What people write is
 * never kept here: /api, /socket.io and the health checks go past this file.
 *
 * "__VERSION__" and "__FILES__" are filled in by finish-build.mjs.
 */
const CACHE = "mojodex-__VERSION__";
const FILES = __FILES__;
const INDEX = "/app/index.html";
const kept = new Set(FILES);

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(CACHE).then((cache) =>
      // Names under assets/ hold a hash of their content; what the browser has of them is right.
      cache.addAll(FILES.map((file) => new Request(file, { cache: file.includes("/assets/") ? "default" : "reload" }))),
    ),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      await Promise.all(
        names.filter((name) => name.startsWith("mojodex-") && name !== CACHE).map((name) => caches.delete(name)),
      );
      await self.clients.claim();
    })(),
  );
});

// A new version waits until the person reloads: the open page goes on with the files it knows.
self.addEventListener("message", (event) => {
  if (event.data === "take over") void self.skipWaiting();
});

/** The newest page where the server answers, else the kept one. */
async function openPage(request) {
  try {
    const answer = await fetch(request);
    if (answer.status < 500) return answer;
  } catch {
    // No network, or no server.
  }
  return (await caches.match(INDEX, { cacheName: CACHE, ignoreVary: true })) ?? Response.error();
}

async function openFile(request, path) {
  return (await caches.match(path, { cacheName: CACHE, ignoreVary: true })) ?? fetch(request);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && url.pathname.startsWith("/app/")) event.respondWith(openPage(request));
  else if (kept.has(url.pathname)) event.respondWith(openFile(request, url.pathname));
});
