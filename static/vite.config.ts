import { loadEnv } from "vite";
import { defineConfig } from "vitest/config";
import { meetClient } from "./meetClient.ts";

const { MEET_PORT = "8000", MEET_VITE_PORT = "5173" } = loadEnv("", "/", "MEET_");

// Django serves what this builds: it finds the files' hashed names in the manifest.
export default defineConfig({
  root: decodeURIComponent(new URL(".", import.meta.url).pathname),
  base: "/static/",
  publicDir: "public",
  appType: "custom",
  resolve: { alias: meetClient },
  // For `make dev`: pages are opened here, so that all has one origin; what isn't the client's comes from Django.
  server: {
    port: Number(MEET_VITE_PORT),
    strictPort: true,
    proxy: { "^/(?!static/(@|src/|node_modules/))": `http://localhost:${MEET_PORT}` },
  },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    manifest: true,
    target: "es2022",
    sourcemap: true,
    // hls.js, which is loaded where a recording is played.
    chunkSizeWarningLimit: 600,
    rollupOptions: {
      // Pages preload what their entry imports itself: these two, which nearly everything imports, are one file for that.
      output: {
        codeSplitting: {
          groups: [{ name: "texts", test: /src\/i18n\/(area|format|language)\.ts|vite\/preload-helper/ }],
        },
      },
      input: {
        room: "src/room/main.tsx",
        pages: "src/pages/main.ts",
        playground: "src/pages/playground/main.ts",
        denial: "src/pages/denial/main.ts",
        live: "src/pages/live/main.tsx",
        recordings: "src/pages/recordings/main.ts",
        player: "src/pages/player/main.tsx",
        check: "src/pages/check/main.tsx",
      },
    },
  },
  test: {
    // Most take milliseconds; one that takes longer than that hangs, on however busy a machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    include: [
      "tests/**/*.test.ts",
      "tests/**/*.test.tsx",
      "../sdk/js/tests/**/*.test.ts",
      "../sdk/react-native/tests/**/*.test.ts",
    ],
  },
});
