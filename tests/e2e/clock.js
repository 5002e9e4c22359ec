// A camera, a microphone and a screen that show and sound what time it is, in place of the browser's.
//
// A picture has the sender's time as a bar code, is white for 120 ms every two seconds, and has a colour of its own else.
// The microphone beeps when the picture is white, and hums all the time. Both go by the same AudioContext's time.

(config) => {
  const FRAMES_PER_S = 12;
  const PERIOD_S = 2;
  const FLASH_S = 0.12;
  const BEEP_S = 0.1;
  const EDGE_S = 0.001;
  const AHEAD_S = 600;
  const BITS = 16;
  const UNIT_MS = 8;

  let audio = null;
  let sound = null;

  function start() {
    if (audio !== null) return;
    audio = new AudioContext({ sampleRate: 48000 });
    sound = audio.createMediaStreamDestination();
    sound.channelCount = 1;
    const gain = (oscillator, level) => {
      const node = new GainNode(audio, { gain: level });
      oscillator.connect(node).connect(sound);
      oscillator.start();
      return node.gain;
    };
    gain(new OscillatorNode(audio, { frequency: config.hum }), 0.01);
    const beep = gain(new OscillatorNode(audio, { frequency: config.pitch }), 0);
    for (let at = PERIOD_S; at < AHEAD_S; at += PERIOD_S) {
      beep.setValueAtTime(0, at);
      beep.linearRampToValueAtTime(0.2, at + EDGE_S);
      beep.setValueAtTime(0.2, at + BEEP_S);
      beep.linearRampToValueAtTime(0, at + BEEP_S + EDGE_S);
    }
  }

  function bars(pen, width, height, time) {
    const units = Math.floor((time * 1000) / UNIT_MS) % (1 << BITS);
    const code = units ^ (units >> 1);
    const bits = [1, 0];
    let parity = 0;
    for (let bit = BITS - 1; bit >= 0; bit -= 1) {
      const value = (code >> bit) & 1;
      bits.push(value);
      parity ^= value;
    }
    bits.push(parity);
    // In the middle: of a picture that covers a square, the sides are cut off.
    const cell = (width * 0.54) / bits.length;
    pen.fillStyle = "black";
    pen.fillRect(0, height * 0.37, width, height * 0.26);
    bits.forEach((bit, index) => {
      pen.fillStyle = bit ? "white" : "black";
      pen.fillRect(width * 0.23 + index * cell, height * 0.4, cell, height * 0.2);
    });
  }

  function picture(width, height, colour, framesPerS) {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const pen = canvas.getContext("2d");
    const draw = () => {
      const time = audio.currentTime;
      const white = time >= PERIOD_S && time % PERIOD_S < FLASH_S;
      pen.fillStyle = white ? "white" : colour;
      pen.fillRect(0, 0, width, height);
      bars(pen, width, height, time);
      pen.fillStyle = white ? "black" : "white";
      pen.font = `${height / 6}px monospace`;
      pen.textAlign = "center";
      pen.fillText(time.toFixed(2), width / 2, height * 0.3);
    };
    draw();
    const stream = canvas.captureStream();
    const [track] = stream.getVideoTracks();
    const timer = setInterval(() => {
      if (track.readyState === "ended") clearInterval(timer);
      else draw();
    }, 1000 / framesPerS);
    return track;
  }

  /** What it is for the clock now, in s; 0 before anything was captured. */
  window.__time = () => audio?.currentTime ?? 0;

  Object.assign(navigator.mediaDevices, {
    async getUserMedia({ audio: wantsSound, video }) {
      start();
      const tracks = [];
      if (wantsSound) tracks.push(sound.stream.getAudioTracks()[0].clone());
      if (video) tracks.push(picture(...config.cameraSize, config.colour, FRAMES_PER_S));
      return new MediaStream(tracks);
    },
    async getDisplayMedia() {
      start();
      return new MediaStream([picture(...config.screenSize, config.screen, 5)]);
    },
  });
};
