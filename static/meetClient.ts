// The headless client, as it is: the page is its first user, and looks inside where a package's user may not.

const folder = decodeURIComponent(new URL("../sdk/js/src/", import.meta.url).pathname);

/** What `meet-client` and `meet-client/FOLDER/FILE` stand for. */
export const meetClient = [
  { find: /^meet-client$/, replacement: `${folder}index.ts` },
  { find: /^meet-client\/(.+)$/, replacement: `${folder}$1.ts` },
];
