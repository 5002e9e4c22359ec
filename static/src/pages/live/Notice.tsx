import { Glyph } from "./Glyph";

/** Something that is not as it should be. */
export function Notice({ text }: { text: string }) {
  return (
    <p class="live-notice" role="alert" data-testid="live-problem">
      <Glyph name="warning" />
      {text}
    </p>
  );
}
