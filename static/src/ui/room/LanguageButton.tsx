import { channelOf, choosable, liveIn } from "meet-client/room/interpretation";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/room";
import { useMeeting } from "../context";
import { useFloating } from "../hooks/useFloating";
import { Icon } from "../kit/Icon";
import { check, headphones } from "../kit/icons";
import { LiveMark } from "../kit/LiveMark";
import { Slider } from "../kit/Slider";
import { floorVolume, USUAL_FLOOR_VOLUME } from "../logic/floorVolume";
import { nextIndex } from "../logic/menu";

/** What I hear: the original, or also the interpreters of a language. With words where there is room for them. */
export function LanguageButton({ roomy }: { roomy: boolean }) {
  const { listening } = useMeeting().state.value.me;
  const current = channelOf(useMeeting().state.value, listening)?.name ?? t("language.original");
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const box = useRef<HTMLDivElement>(null);
  useFloating({ anchor, box, open, side: "above", align: "centre", onDismiss: () => setOpen(false) });
  const name = t("language.button", { name: current });
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes what is inside
    <div
      class="menu-anchor"
      ref={anchor}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        event.preventDefault();
        event.stopPropagation();
        setOpen(false);
        button.current?.focus();
      }}
    >
      <button
        type="button"
        ref={button}
        class={roomy ? "button language-button" : "icon-button language-button"}
        data-chosen={listening ? "" : undefined}
        data-language={listening}
        data-testid="toggle-language"
        aria-label={name}
        aria-haspopup="dialog"
        aria-expanded={open}
        title={name}
        onClick={() => setOpen(!open)}
      >
        <Icon svg={headphones} />
        {roomy && <span class="language-name">{current}</span>}
        {!roomy && listening !== "" && (
          <span class="count-badge" aria-hidden="true">
            {listening.split("-")[0]?.toUpperCase()}
          </span>
        )}
      </button>
      {open && (
        <div
          class="menu language-box"
          role="dialog"
          popover="manual"
          aria-label={t("language.title")}
          data-testid="language-box"
          ref={box}
        >
          <Choice />
          {listening !== "" && <FloorVolume />}
        </div>
      )}
    </div>
  );
}

/** The original and each language, in its own name. Arrows move, the space bar and Enter choose. */
function Choice() {
  const meeting = useMeeting();
  const state = meeting.state.value;
  const { listening } = state.me;
  const list = useRef<HTMLDivElement>(null);
  const options = () => [...(list.current?.querySelectorAll<HTMLButtonElement>("[role=radio]") ?? [])];
  useEffect(
    () =>
      options()
        .find((option) => option.ariaChecked === "true")
        ?.focus(),
    [],
  );
  const languages = choosable(state).map(({ tag, name, interpreters }) => ({
    tag,
    name,
    interrupted: interpreters.length === 0,
  }));
  return (
    <div
      role="radiogroup"
      aria-label={t("language.title")}
      ref={list}
      onKeyDown={(event) => {
        const all = options();
        const next = nextIndex(
          event.key,
          all.indexOf(document.activeElement as HTMLButtonElement),
          all.length,
        );
        if (next === null) return;
        event.preventDefault();
        all[next]?.focus();
      }}
    >
      <div class="menu-heading" aria-hidden="true">
        {t("language.title")}
      </div>
      {[{ tag: "", name: t("language.original"), interrupted: false }, ...languages].map(
        ({ tag, name, interrupted }) => (
          // biome-ignore lint/a11y/useSemanticElements: a native one would choose while arrows pass over it
          <button
            key={tag}
            type="button"
            role="radio"
            class="menu-item"
            aria-checked={tag === listening}
            tabIndex={tag === listening ? 0 : -1}
            data-testid="language-option"
            data-language={tag}
            onClick={() => void meeting.chooseLanguage(tag)}
          >
            <Icon svg={check} />
            <span class="menu-label" lang={tag || undefined}>
              {name}
            </span>
            {tag !== "" && (
              <LiveMark
                live={liveIn(state, tag)}
                quiet={interrupted ? t("language.interrupted") : t("language.quiet")}
              />
            )}
          </button>
        ),
      )}
    </div>
  );
}

/** How loud the original is beside the interpreters, or that it is off. */
export function FloorVolume() {
  const volume = floorVolume.value;
  const audible = useRef(volume || USUAL_FLOOR_VOLUME);
  if (volume > 0) audible.current = volume;
  return (
    <div class="floor-volume">
      <span class="floor-label" aria-hidden="true">
        {t("language.floor")}
      </span>
      <Slider
        label={t("language.floor")}
        value={volume}
        toggleLabel={volume === 0 ? t("control.soundOn") : t("control.soundOff")}
        silent={t("language.floorOff")}
        testId="floor-volume"
        toggleTestId="toggle-floor"
        onInput={floorVolume.set}
        onToggle={() => floorVolume.set(volume === 0 ? audible.current : 0)}
      />
    </div>
  );
}
