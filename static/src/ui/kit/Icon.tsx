interface Props {
  /** The text of an SVG file of ours (never anything from outside). */
  svg: string;
  class?: string;
}

/** A picture for a word that stands beside it, or in the label of its button. */
export function Icon({ svg, class: extra }: Props) {
  const html = svg.slice(svg.indexOf("<svg"));
  return (
    <span
      class={extra ? `icon ${extra}` : "icon"}
      aria-hidden="true"
      dangerouslySetInnerHTML={{ __html: html }}
    />
  );
}

export function Spinner({ svg }: Props) {
  return <Icon svg={svg} class="spinner" />;
}
