import { defineConfig } from "vite";
import { meetClient } from "../meetClient.ts";

// For `make screenshots`: the gallery alone, without Django, so there is no proxy, and pages are Vite's to serve.
export default defineConfig({
  root: decodeURIComponent(new URL("..", import.meta.url).pathname),
  base: "/static/",
  resolve: { alias: meetClient },
});
