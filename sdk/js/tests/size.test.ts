import { gzipSync } from "node:zlib";
import { build } from "vite";
import { expect, it } from "vitest";

/** What a page loads of it, with mediasoup-client and all that is of that. */
const MOST_OCTETS = 60_000;

it("the package is at most 60 kB compressed, with mediasoup-client", async () => {
  const built = await build({
    configFile: false,
    root: decodeURIComponent(new URL("..", import.meta.url).pathname),
    logLevel: "silent",
    // As an application's own build has it; one of a library keeps line breaks.
    build: {
      write: false,
      target: "es2022",
      rollupOptions: { input: "src/index.ts", preserveEntrySignatures: "strict" },
    },
  });
  const { output } = built as { output: { code?: string }[] };
  const code = output.map((chunk) => chunk.code ?? "").join("");
  const octets = gzipSync(code).length;
  expect(octets).toBeLessThanOrEqual(MOST_OCTETS);
  expect(octets).toBeGreaterThan(MOST_OCTETS / 3); // it has mediasoup-client with it
}, 60_000);
