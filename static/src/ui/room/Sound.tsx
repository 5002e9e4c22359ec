import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/room";
import { Fader } from "../../sound/fader";
import { type Loudness, loudnessOf } from "../../sound/loudness";
import type { Peer, RemoteTrack } from "../../store/types";
import { useMeeting, useView } from "../context";
import { Button } from "../kit/Button";
import { speaker } from "../kit/icons";
import { keepPlaying } from "../kit/keepPlaying";
import { floorVolume } from "../logic/floorVolume";
import { FLOOR_BACK_AFTER_MS, gainOf, isInterpreted } from "../logic/mix";
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
  const { peers, me } = meeting.state.value;
  const covered = useCovered();
  return (
    <>
      <div hidden>
        {soundsOf(peers).map((track) => (
          <TrackSound
            key={track.producerId}
            stream={track.stream}
            language={track.language}
            gain={gainOf(track, me, covered, floorVolume.value)}
          />
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

/** Whether somebody interprets for me, or has until a moment ago. */
function useCovered(): boolean {
  const interpreted = isInterpreted(useMeeting().state.value);
  const [held, setHeld] = useState(interpreted);
  useEffect(() => {
    if (interpreted) {
      setHeld(true);
      return;
    }
    const timer = setTimeout(() => setHeld(false), FLOOR_BACK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [interpreted]);
  return interpreted || held;
}

const CLOCK = {
  now: () => performance.now(),
  after: (delayMs: number, run: () => void) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

interface TrackProps {
  stream: MediaStream;
  language: string;
  /** From 0 to 1, beside the volume of all others. */
  gain: number;
}

function TrackSound({ stream, language, gain }: TrackProps) {
  const meeting = useMeeting();
  const view = useView();
  const { volume, soundMuted } = view.state.value;
  const speakerId = meeting.state.value.devices.selected.speaker;
  const ref = useRef<HTMLAudioElement>(null);
  const loudness = useRef<Loudness | null>(null);
  const now = useRef({ gain: 1, volume, soundMuted });
  const apply = () => {
    const { gain, volume, soundMuted } = now.current;
    loudness.current?.set((gain * volume) / 100, soundMuted);
  };
  const [fader] = useState(
    () =>
      new Fader(CLOCK, (faded) => {
        now.current.gain = faded;
        apply();
      }),
  );
  // Before anything is played: it begins as loud as it shall be.
  useLayoutEffect(() => fader.fadeTo(gain), [fader, gain]);
  useLayoutEffect(() => {
    now.current = { ...now.current, volume, soundMuted };
    apply();
  }, [volume, soundMuted]);
  useEffect(() => () => fader.stop(), [fader]);
  useEffect(() => {
    const audio = ref.current;
    if (!audio) return;
    const played = loudnessOf(audio, stream);
    loudness.current = played;
    apply();
    audio.srcObject = stream;
    const stop = keepPlaying(audio, () => view.setSoundBlocked(true));
    const forget = view.registerPlayer(() => {
      played.unlock();
      return audio.play();
    });
    return () => {
      forget();
      stop();
      played.close();
      loudness.current = null;
      audio.srcObject = null;
    };
  }, [view, stream]);
  useEffect(() => {
    if (ref.current) void sendTo(ref.current, speakerId);
  }, [speakerId]);
  return <audio ref={ref} autoplay muted={soundMuted} data-language={language} />;
}
