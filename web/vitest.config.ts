import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vite.config.ts";

export default mergeConfig(
  base,
  defineConfig({
    test: {
      environment: "jsdom",
      include: ["test/**/*.test.{ts,tsx}"],
      setupFiles: ["test/setup.ts"],
      css: false,
      pool: "threads",
      maxWorkers: 2,
      // On a machine that is busy with other things, five seconds are soon over.
      testTimeout: 30_000,
    },
  }),
);
