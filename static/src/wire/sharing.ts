// Generated from recording/pages/sharing.py by `make generate`. Do not edit.

/** A link and the code for another page. `untilMs` is when they expire (Unix time); None where none is needed. */
export interface Shared {
  link: string;
  embed: string;
  untilMs: number | null;
  visibility: "members" | "public" | "signed";
  links: KeptLink[];
}

/** A link that counts; `revoke` is where to ask for its end, empty where somebody else has to do that. */
export interface KeptLink {
  madeBy: string;
  note: string;
  madeMs: number;
  untilMs: number | null;
  revoke: string;
}

/** A video's links that count. */
export interface KeptLinks {
  links: KeptLink[];
}
