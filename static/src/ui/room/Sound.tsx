import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../../i18n";
import type { Peer, RemoteTrack } from "../../store/types";
import { useMeeting } from "../context";
import { Button } from "../kit/Button";
import { speaker } from "../kit/icons";
import { sendTo } from "./sink";

function soundsOf(peers: readonly Peer[]): (RemoteTrack & { stream: MediaStream })[] {
  return peers
    .flatMap((peer) => [peer.tracks.mic, peer.tracks.screenAudio])
    .filter((track): track is RemoteTrack & { stream: MediaStream } => Boolean(track?.stream));
}

/** Everybody's sound, one hidden element each; where the browser wants a click first, a button asks for it. */
export function Sound() {
  const meeting = useMeeting();
  const { peers, devices } = meeting.state.value;
  const blocked = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  const playAll = () => {
    blocked.value = false;
    for (const audio of box.current?.querySelectorAll("audio") ?? []) {
      audio.play().catch((error: unknown) => {
        if (isBlocked(error)) blocked.value = true;
      });
    }
  };
  return (
    <>
      <div hidden ref={box}>
        {soundsOf(peers).map((track) => (
          <TrackSound
            key={track.producerId}
            stream={track.stream}
            speakerId={devices.selected.speaker}
            onBlocked={() => {
              blocked.value = true;
            }}
          />
        ))}
      </div>
      {blocked.value && (
        <div class="notice-bar" data-tone="accent" role="alert">
          <p class="grow">{t("room.hearOthersHint")}</p>
          <Button variant="primary" size="small" icon={speaker} testId="unblock-audio" onClick={playAll}>
            {t("room.hearOthers")}
          </Button>
        </div>
      )}
    </>
  );
}

interface Props {
  stream: MediaStream;
  speakerId: string | null;
  onBlocked: () => void;
}

function TrackSound({ stream, speakerId, onBlocked }: Props) {
  const ref = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const audio = ref.current;
    if (!audio) return;
    audio.srcObject = stream;
    audio.play().catch((error: unknown) => {
      if (isBlocked(error)) onBlocked();
    });
    return () => {
      audio.srcObject = null;
    };
  }, [stream]);
  useEffect(() => {
    if (ref.current) void sendTo(ref.current, speakerId);
  }, [speakerId]);
  // biome-ignore lint/a11y/useMediaCaption: live speech has no captions
  return <audio ref={ref} autoplay />;
}

/** An interrupted `play()` (`AbortError`) only means that another stream came. */
function isBlocked(error: unknown): boolean {
  return error instanceof DOMException && error.name === "NotAllowedError";
}
