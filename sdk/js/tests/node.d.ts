// What tests use of Node.js.

declare function setImmediate(run: () => void): unknown;

declare module "node:child_process" {
  export function execFileSync(
    file: string,
    args: string[],
    options: { encoding: "utf-8"; cwd: string },
  ): string;
}

declare module "node:fs" {
  export function readFileSync(path: string, encoding: "utf-8"): string;
  export function rmSync(path: string, options: { force: true }): void;
  export function writeFileSync(path: string, text: string): void;
}

declare module "node:zlib" {
  export function gzipSync(text: string): { length: number };
}
