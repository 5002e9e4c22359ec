import { defineConfig } from "vite";

const folder = decodeURIComponent(new URL(".", import.meta.url).pathname);

// The library for pages that embed a room, as `meet/views/bridge.py` serves it: without a hash in its names, and for
// browsers of the last years. One file for each mode: `script` for a plain <script>, `module` for imports.
export default defineConfig(({ mode }) => ({
  root: folder,
  publicDir: false,
  build: {
    outDir: "dist/bridge",
    emptyOutDir: false,
    target: "es2022",
    modulePreload: false,
    reportCompressedSize: false,
    lib:
      mode === "module"
        ? { entry: "src/bridge/index.ts", formats: ["es"], fileName: () => "meetBridgeApi.mjs" }
        : {
            entry: "src/bridge/global.ts",
            formats: ["iife"],
            name: "meetBridgeApi",
            fileName: () => "meetBridgeApi.js",
          },
  },
}));
