// A picture that no encoder makes small, so that as much is sent as the network takes.

const WIDTH = 640;
const HEIGHT = 360;
const FRAMES_PER_S = 24;
/** Some noise, shown at another place each time: random numbers for each frame would keep the machine busy. */
const TILE = 256;

export interface Noise {
  track: MediaStreamTrack;
  stop(): void;
}

export function makeNoise(document: Document): Noise {
  const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH, height: HEIGHT });
  const tile = Object.assign(document.createElement("canvas"), { width: TILE, height: TILE });
  const context = canvas.getContext("2d");
  const ofTile = tile.getContext("2d");
  if (context === null || ofTile === null) {
    throw new DOMException("The browser draws no pictures.", "NotSupportedError");
  }
  const image = ofTile.createImageData(TILE, TILE);
  const pixels = new Uint32Array(image.data.buffer);
  for (let index = 0; index < pixels.length; index++) {
    pixels[index] = (Math.random() * 0x1000000) | 0xff000000;
  }
  ofTile.putImageData(image, 0, 0);
  const draw = () => {
    for (let x = -Math.random() * TILE; x < WIDTH; x += TILE) {
      for (let y = -Math.random() * TILE; y < HEIGHT; y += TILE) {
        context.drawImage(tile, x, y);
      }
    }
  };
  draw();
  const timer = setInterval(draw, 1000 / FRAMES_PER_S);
  const [track] = canvas.captureStream(FRAMES_PER_S).getVideoTracks();
  if (track === undefined) {
    throw new DOMException("The browser gave no picture of a canvas.", "NotSupportedError");
  }
  const stop = () => {
    clearInterval(timer);
    track.stop();
  };
  return { track, stop };
}
