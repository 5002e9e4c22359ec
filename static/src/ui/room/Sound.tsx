import { useEffect, useRef } from "preact/hooks";
import { t } from "../../i18n/room";
import type { Peer, RemoteTrack } from "../../store/types";
import { useMeeting, useView } from "../context";
import { Button } from "../kit/Button";
import { speaker } from "../kit/icons";
import { sendTo } from "./sink";

type Sounding = RemoteTrack & { stream: MediaStream };

function soundsOf(peers: readonly Peer[]): Sounding[] {
  return peers
    .flatMap((peer) => [peer.tracks.mic, peer.tracks.screenAudio])
    .filter((track): track is Sounding => Boolean(track?.stream));
}

/** Everybody's sound, one hidden element each; where the browser wants a click first, a button asks for it. */
export function Sound() {
  const meeting = useMeeting();
  const view = useView();
  const { soundBlocked } = view.state.value;
  return (
    <>
      <div hidden>
        {soundsOf(meeting.state.value.peers).map((track) => (
          <TrackSound key={track.producerId} stream={track.stream} />
        ))}
      </div>
      {soundBlocked && (
        <div class="notice-bar" data-tone="accent" role="alert">
          <p class="grow">{t("room.hearOthersHint")}</p>
          <Button
            variant="primary"
            size="small"
            icon={speaker}
            testId="play-sound"
            onClick={() => void view.playSound()}
          >
            {t("room.hearOthers")}
          </Button>
        </div>
      )}
    </>
  );
}

function TrackSound({ stream }: { stream: MediaStream }) {
  const meeting = useMeeting();
  const view = useView();
  const { volume, soundMuted } = view.state.value;
  const speakerId = meeting.state.value.devices.selected.speaker;
  const ref = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const audio = ref.current;
    if (!audio) return;
    audio.srcObject = stream;
    audio.play().catch((error: unknown) => {
      if (isBlocked(error)) view.setSoundBlocked(true);
    });
    const forget = view.registerPlayer(() => audio.play());
    return () => {
      forget();
      audio.srcObject = null;
    };
  }, [view, stream]);
  useEffect(() => {
    if (ref.current) void sendTo(ref.current, speakerId);
  }, [speakerId]);
  useEffect(() => {
    if (ref.current) ref.current.volume = volume / 100;
  }, [volume]);
  return <audio ref={ref} autoplay muted={soundMuted} />;
}

/** An interrupted `play()` (`AbortError`) only means that another stream came. */
function isBlocked(error: unknown): boolean {
  return error instanceof DOMException && error.name === "NotAllowedError";
}
