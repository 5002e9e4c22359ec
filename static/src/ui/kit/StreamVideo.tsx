import { useEffect, useRef } from "preact/hooks";

interface Props {
  stream: MediaStream;
  mirrored?: boolean;
  /** Called with the element; what it returns is called when the element goes, or shows another stream. */
  onElement?: ((element: HTMLVideoElement) => () => void) | undefined;
}

/** Plays a stream's picture, silently: sound has its own elements. */
export function StreamVideo({ stream, mirrored = false, onElement }: Props) {
  const ref = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = ref.current;
    if (!video) return;
    video.srcObject = stream;
    const forget = onElement?.(video);
    return () => {
      forget?.();
      video.srcObject = null;
    };
  }, [stream]);
  return (
    <video
      ref={ref}
      class={mirrored ? "mirrored" : undefined}
      autoplay
      muted
      playsInline
      disablePictureInPicture
    />
  );
}

/** A camera that looks at its user is shown as a mirror would; one that looks away is not. */
export function looksAtUser(stream: MediaStream): boolean {
  return stream.getVideoTracks()[0]?.getSettings().facingMode !== "environment";
}
