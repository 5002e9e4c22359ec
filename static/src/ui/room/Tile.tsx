import { useCallback, useRef } from "preact/hooks";
import { t } from "../../i18n/room";
import { useMeeting, useView } from "../context";
import { useShown } from "../hooks/useShown";
import { useSpeaking } from "../hooks/useSpeaking";
import { Avatar } from "../kit/Avatar";
import { Icon, Spinner } from "../kit/Icon";
import { IconButton } from "../kit/IconButton";
import { cameraOff, close, loader, micOff, moderator, screen, wifiOff } from "../kit/icons";
import { keepPlaying } from "../kit/keepPlaying";
import { looksAtUser, StreamVideo } from "../kit/StreamVideo";
import { TurnButton } from "../kit/TurnButton";
import type { Placed } from "../layout/arrange";
import type { Rect } from "../layout/grid";
import type { TileModel } from "../layout/tiles";
import { PersonMenu } from "../panels/PersonMenu";
import { PinButton } from "./PinButton";
import { TileBadges } from "./TileBadges";

/** Where not every video can be received: who speaks comes first, then who could. */
function priorityOf(tile: TileModel, dominantSpeaker: string | null): number {
  if (tile.peerId === dominantSpeaker) return 2;
  return tile.micOn ? 1 : 0;
}

/** One participant or one shared screen, at its place. */
export function Tile({ tile, rect, staged }: Placed) {
  const view = useView();
  const { indicatorsHidden, controlsVisible, pinned } = view.state.value;
  const { me, dominantSpeaker } = useMeeting().state.value;
  const moderates = me.permissions.moderate;
  const ref = useRef<HTMLLIElement>(null);
  const source = tile.source === "screen" ? "screen" : "camera";
  // Beside the stage, who has the microphone on may be the next to speak.
  useShown(ref, tile.peerId, source, !tile.self, {
    onStage: staged,
    priority: priorityOf(tile, dominantSpeaker),
  });
  useSpeaking(ref, tile.audio);
  const register = useCallback(
    (element: HTMLVideoElement) => {
      const ends = [
        view.registerVideo(tile.peerId, source, element),
        view.registerPlayer(() => element.play()),
        keepPlaying(element, () => view.setSoundBlocked(true)),
      ];
      return () => ends.forEach((end) => void end());
    },
    [view, tile.peerId, source],
  );
  const label = labelOf(tile);
  const isPinned = staged && pinned === tile.peerId;
  const person = tile.source === "camera";
  return (
    <li
      ref={ref}
      class="tile"
      // A tap on a touch screen brings the buttons out, by the focus
      tabIndex={-1}
      data-testid="tile"
      data-peer-id={tile.peerId}
      data-source={tile.source}
      data-self={tile.self ? "true" : "false"}
      data-staged={staged ? "" : undefined}
      data-muted={person ? String(!tile.micOn) : undefined}
      data-hand={tile.hand ?? undefined}
      data-absent={String(tile.absent)}
      data-quality={tile.quality}
      data-pinned={String(isPinned)}
      aria-label={person ? t("tile.describe", { name: label, state: statesOf(tile, isPinned) }) : label}
      style={boxOf(rect)}
      onDblClick={(event) => {
        if (event.target instanceof Element && event.target.closest("button, [role=menu], [role=dialog]"))
          return;
        if (!controlsVisible) return;
        if (staged) void view.setFullscreen(!view.state.peek().fullscreen).catch(() => {});
        else view.pin(tile.peerId);
      }}
    >
      {tile.video && (
        <StreamVideo
          stream={tile.video}
          mirrored={tile.self && person && looksAtUser(tile.video)}
          onElement={register}
        />
      )}
      {!tile.video && person && (
        <div class="tile-avatar">
          <Avatar name={tile.name} identity={tile.peerId} />
        </div>
      )}
      {tile.exceedsLink && (
        <div class="tile-exceeds" data-testid="exceeds-link" title={t("tile.exceedsLink")}>
          <Icon svg={wifiOff} />
          <span>{t("tile.exceedsLink")}</span>
        </div>
      )}
      {tile.serverBusy && (
        <div class="tile-exceeds" data-testid="server-busy" title={t("tile.serverBusy")}>
          <Icon svg={cameraOff} />
          <span>{t("tile.serverBusy")}</span>
        </div>
      )}
      {!tile.video && !person && !tile.exceedsLink && !tile.serverBusy && (
        <div class="tile-waiting">
          <Spinner svg={loader} />
        </div>
      )}
      {tile.self && person && controlsVisible && (
        <div class="tile-turn">
          <TurnButton />
        </div>
      )}
      {!indicatorsHidden && (
        <>
          <TileBadges tile={tile} pinned={isPinned} />
          <div class="tile-label" aria-hidden="true">
            {tile.source === "screen" && <Icon svg={screen} />}
            {person && !tile.micOn && <Icon svg={micOff} class="muted-badge" />}
            {tile.moderator && <Icon svg={moderator} class="moderator-badge" />}
            <span title={label}>{label}</span>
          </div>
          {controlsVisible && (
            <div class="tile-actions">
              {tile.self && !person && (
                <IconButton
                  icon={close}
                  label={t("tile.hideOwnScreen")}
                  variant="quiet"
                  testId="hide-own-screen"
                  onClick={() => view.hideOwnScreen()}
                />
              )}
              <PinButton peerId={tile.peerId} name={tile.name} pinned={isPinned} />
              {moderates && !tile.self && <PersonMenu peerId={tile.peerId} />}
            </div>
          )}
        </>
      )}
    </li>
  );
}

export function boxOf({ left, top, width, height }: Rect) {
  return { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` };
}

function labelOf(tile: TileModel): string {
  if (tile.source === "screen")
    return tile.self ? t("tile.yourScreen") : t("tile.screen", { name: tile.name });
  return tile.self ? t("tile.you", { name: tile.name }) : tile.name;
}

function statesOf(tile: TileModel, pinned: boolean): string {
  const states = [tile.micOn ? t("tile.state.micOn") : t("tile.state.micOff")];
  if (tile.moderator) states.push(t("tile.state.moderator"));
  if (tile.hand !== null) states.push(t("tile.state.hand", { place: tile.hand }));
  if (tile.absent) states.push(t("tile.state.absent"));
  if (tile.quality === "fair" || tile.quality === "poor") states.push(t(`tile.state.${tile.quality}`));
  if (tile.exceedsLink) states.push(t("tile.exceedsLink"));
  if (tile.serverBusy) states.push(t("tile.serverBusy"));
  if (pinned) states.push(t("tile.state.pinned"));
  return states.join(", ");
}
