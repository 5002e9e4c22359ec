// What the view needs of the browser: the whole screen, the first click, and a picture of a video.

export interface Screen {
  /** This page's, such as https://meet.example. */
  readonly origin: string;
  /** Whether it stands in another page. */
  readonly framed: boolean;
  isFull(): boolean;
  /** Fill the screen with this page. Rejects where the browser refuses. */
  fill(): Promise<void>;
  leave(): Promise<void>;
  onFullChange(listener: () => void): void;
  /** Calls back once, when the participant first does something that browsers take for consent. */
  onFirstGesture(listener: () => void): void;
  /** A PNG of what a video shows, as a data URL; null while it shows nothing. */
  draw(video: HTMLVideoElement): string | null;
}

/** The real one. */
export function browserScreen(): Screen {
  return {
    origin: window.location.origin,
    framed: window.parent !== window,
    isFull: () => document.fullscreenElement !== null && document.fullscreenElement !== undefined,
    fill: async () => document.documentElement.requestFullscreen(),
    leave: async () => document.exitFullscreen(),
    onFullChange: (listener) => document.addEventListener("fullscreenchange", listener),
    onFirstGesture,
    draw,
  };
}

/** A touch is consent when the finger goes up, a click when the button goes down, and Escape never is (HTML 6.4.1). */
function onFirstGesture(listener: () => void): void {
  const types = ["pointerdown", "pointerup", "keydown"] as const;
  const heard = (event: PointerEvent | KeyboardEvent) => {
    const touching = event.type === "pointerdown" && (event as PointerEvent).pointerType !== "mouse";
    if (touching || (event as KeyboardEvent).key === "Escape") {
      return;
    }
    for (const type of types) {
      window.removeEventListener(type, heard, true);
    }
    listener();
  };
  for (const type of types) {
    window.addEventListener(type, heard, true);
  }
}

function draw(video: HTMLVideoElement): string | null {
  const { videoWidth, videoHeight } = video;
  if (videoWidth === 0 || videoHeight === 0 || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
    return null;
  }
  const canvas = document.createElement("canvas");
  canvas.width = videoWidth;
  canvas.height = videoHeight;
  const pen = canvas.getContext("2d");
  if (pen === null) {
    return null;
  }
  pen.drawImage(video, 0, 0);
  return canvas.toDataURL("image/png");
}
