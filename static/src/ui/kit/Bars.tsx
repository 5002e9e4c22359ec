const BARS = [4, 7.5, 11];

/** A connection's strength: the first `full` of three bars. */
export function Bars({ full }: { full: number }) {
  return (
    <span class="icon">
      <svg viewBox="0 0 14 14" fill="currentColor" aria-hidden="true">
        {BARS.map((height, index) => (
          <rect
            key={height}
            x={1 + index * 4.5}
            y={12.5 - height}
            width="3"
            height={height}
            rx="1"
            opacity={index < full ? 1 : 0.35}
          />
        ))}
      </svg>
    </span>
  );
}
