/** One of the Material symbols, which the admin's theme brings along. It says nothing to screen readers. */
export function Glyph({ name }: { name: string }) {
  return (
    <span class="material-symbols-outlined live-symbol" aria-hidden="true">
      {name}
    </span>
  );
}
