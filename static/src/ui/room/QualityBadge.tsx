import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { localesOf } from "../../i18n/language";
import { locale, t, tDynamic } from "../../i18n/room";
import { useMeeting } from "../context";
import { useFloating } from "../hooks/useFloating";
import { Bars } from "../kit/Bars";
import type { TileModel } from "../layout/tiles";
import { adviceFor, type Cause, diagnose, type Evidence, figuresOf } from "../logic/diagnose";

/** How often an open explanation looks again. */
const LOOK_MS = 3_000;

interface Props {
  tile: TileModel;
  open: boolean;
  setOpen: (open: boolean) => void;
}

/** A weak connection's badge: pressed, it says in plain words what is wrong. Escape and a press elsewhere close it. */
export function QualityBadge({ tile, open, setOpen }: Props) {
  const anchor = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const weak = tile.quality === "poor" ? "poor" : "fair";
  const label = t("quality.why", { state: t(`tile.state.${weak}`) });
  useFloating({ anchor, box, open, side: "below", align: "start", onDismiss: () => setOpen(false) });
  useLayoutEffect(() => {
    if (open) box.current?.focus();
  }, [open]);

  const close = () => {
    setOpen(false);
    // The badge goes along with its explanation where the connection is good again.
    const stays = tile.quality === "fair" || tile.quality === "poor";
    (stays ? button.current : button.current?.closest<HTMLElement>(".tile"))?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" && event.key !== "Tab") return;
    if (event.key === "Escape") event.preventDefault();
    event.stopPropagation();
    close();
  };

  return (
    <div class="menu-anchor" ref={anchor}>
      <button
        type="button"
        ref={button}
        class="badge badge-button"
        data-tone={weak}
        data-testid="quality-badge"
        aria-label={label}
        title={label}
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Bars full={weak === "poor" ? 1 : 2} />
      </button>
      {open && (
        <div
          class="menu quality"
          role="dialog"
          popover="manual"
          aria-label={titleOf(tile)}
          tabIndex={-1}
          ref={box}
          data-testid="quality"
          onKeyDown={onKeyDown}
        >
          <Explanation tile={tile} />
        </div>
      )}
    </div>
  );
}

function Explanation({ tile }: { tile: TileModel }) {
  const meeting = useMeeting();
  const [evidence, setEvidence] = useState<Evidence | null>(null);
  const track = tile.self ? undefined : tile.video?.getVideoTracks()[0]?.id;
  useEffect(() => {
    let over = false;
    const look = async () => {
      const judged = await meeting.explainQuality(tile.peerId);
      if (over) return;
      const { up, down, tracks } = meeting.figures;
      const received = track === undefined ? null : (tracks.get(track) ?? null);
      setEvidence({ self: tile.self, judged, up, down, track: received, exceedsLink: tile.exceedsLink });
    };
    void look();
    const timer = setInterval(() => void look(), LOOK_MS);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [meeting, tile.peerId, tile.self, tile.exceedsLink, track]);

  const causes = evidence === null ? [] : diagnose(evidence);
  const advice = adviceFor(causes);
  return (
    <>
      <h2 class="quality-title">{titleOf(tile)}</h2>
      <div class="quality-causes" aria-live="polite">
        {evidence === null && <p>{t("quality.looking")}</p>}
        {causes.map((cause) => (
          <p key={cause.name} data-testid="quality-cause" data-cause={cause.name}>
            {wordsFor(cause)}
          </p>
        ))}
        {advice !== null && <p class="quality-advice">{t(`quality.advice.${advice}`)}</p>}
      </div>
      {evidence !== null && <Numbers evidence={evidence} />}
    </>
  );
}

function Numbers({ evidence }: { evidence: Evidence }) {
  const { width, height, frameRate, loss, roundTripMs } = figuresOf(evidence);
  const unknown = "–";
  return (
    <dl class="quality-numbers">
      <dt>{t("quality.picture")}</dt>
      <dd>{width > 0 ? `${width} × ${height}` : unknown}</dd>
      <dt>{t("quality.frameRate")}</dt>
      <dd>{width > 0 ? Math.round(frameRate) : unknown}</dd>
      <dt>{t("quality.loss")}</dt>
      <dd>{loss === null ? unknown : percent(loss)}</dd>
      <dt>{t("quality.roundTrip")}</dt>
      <dd>{roundTripMs === null ? unknown : milliseconds(roundTripMs)}</dd>
    </dl>
  );
}

function titleOf(tile: TileModel): string {
  return tile.self ? t("quality.yours") : t("quality.theirs", { name: tile.name });
}

function wordsFor({ name, value, unit }: Cause): string {
  const words = unit === "ms" ? milliseconds(value) : percent(value);
  return tDynamic(`quality.cause.${name}`, { value: words }, "quality.cause.unclear");
}

function percent(share: number): string {
  const digits = share > 0 && share < 0.1 ? 1 : 0;
  return new Intl.NumberFormat(localesOf(locale()), {
    style: "percent",
    maximumFractionDigits: digits,
  }).format(share);
}

function milliseconds(value: number): string {
  const format = new Intl.NumberFormat(localesOf(locale()), {
    style: "unit",
    unit: "millisecond",
    maximumFractionDigits: 0,
  });
  return format.format(value);
}
