import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `npm run dev` finds the server; the built app is served by it and needs no proxy. */
const server = process.env.MOJODEX_DEV_SERVER ?? "http://127.0.0.1:5001";

export default defineConfig({
  base: "/app/",
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: "es2022",
    manifest: true,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        // What every page needs is one chunk that stays cached when a page changes.
        codeSplitting: {
          groups: [
            { name: "react", priority: 4, test: /node_modules\/(react|react-dom|scheduler)\// },
            { name: "mantine", test: /node_modules\/(@mantine|@floating-ui)\//, minShareCount: 3 },
            // What reads and writes markdown comes when there is text.
            { name: "markdown", test: /node_modules\/marked\/|\/components\/(live-markdown|markdown-text)/, minShareCount: 2, priority: 3 },
            { name: "converter", test: /\/executions\/editor\/(doc|read-|write-)|node_modules\/(mdast|micromark|unist|zwitch|longest-|decode-|ccount|markdown-table|escape-)/, minShareCount: 2, priority: 2 },
            // Many small files compress worse than one, and each costs a request.
            { name: "app", test: /\/src\/|node_modules\//, minShareCount: 4 },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      "/api": { target: server },
      "/socket.io": { target: server, ws: true },
    },
  },
});
