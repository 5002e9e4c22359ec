// A microphone that sends one tone, and an ear for what the page plays.

(config) => {
  const FFT_SIZE = 8192;
  const SILENT_DB = -120;
  let context = null;
  const running = () => {
    context ??= new AudioContext({ sampleRate: 48000 });
    return context;
  };

  function microphone() {
    const out = running().createMediaStreamDestination();
    const tone = new OscillatorNode(running(), { frequency: config.frequency });
    tone.connect(new GainNode(running(), { gain: config.frequency ? 0.2 : 0 })).connect(out);
    tone.start();
    return out.stream.getAudioTracks()[0];
  }

  function camera() {
    const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 90 });
    const pen = canvas.getContext("2d");
    const timer = setInterval(() => {
      pen.fillStyle = `hsl(${(performance.now() / 20) % 360} 50% 50%)`;
      pen.fillRect(0, 0, 160, 90);
      if (track.readyState === "ended") clearInterval(timer);
    }, 500);
    const [track] = canvas.captureStream(2).getVideoTracks();
    return track;
  }

  navigator.mediaDevices.getUserMedia = async ({ audio, video }) =>
    new MediaStream([...(audio ? [microphone()] : []), ...(video ? [camera()] : [])]);

  const analysers = new Map();
  const volumes = new Map();

  /** What sounds at the moment: the analyser of each stream that is played, and how loud it is played. */
  function played() {
    const found = [];
    for (const element of document.querySelectorAll("audio, video")) {
      const stream = element.srcObject;
      if (!(stream instanceof MediaStream) || !stream.getAudioTracks().length) continue;
      if (!analysers.has(stream)) {
        const analyser = new AnalyserNode(running(), { fftSize: FFT_SIZE, smoothingTimeConstant: 0 });
        running().createMediaStreamSource(stream).connect(analyser);
        analysers.set(stream, analyser);
      }
      const silent = element.muted || element.paused;
      found.push({ analyser: analysers.get(stream), volume: silent ? 0 : element.volume });
    }
    return found;
  }

  /** The level of each frequency (Hz) in all that is played, in dB; what a microphone sends is about -20 dB. */
  window.__levels = (frequencies) => {
    const power = frequencies.map(() => 0);
    const spectrum = new Float32Array(FFT_SIZE / 2);
    for (const { analyser, volume } of played()) {
      if (volume === 0) continue;
      analyser.getFloatFrequencyData(spectrum);
      frequencies.forEach((frequency, index) => {
        const bin = Math.round((frequency * FFT_SIZE) / context.sampleRate);
        const peak = Math.max(...spectrum.slice(bin - 2, bin + 3));
        power[index] += 10 ** (peak / 10) * volume ** 2;
      });
    }
    return power.map((each) => Math.max(SILENT_DB, 10 * Math.log10(each)));
  };

  /** The volumes that the original's elements are given from now on. */
  window.__watchVolumes = () => {
    for (const element of document.querySelectorAll("audio")) {
      if (element.dataset.language) continue;
      const seen = [];
      volumes.set(element, seen);
      element.addEventListener("volumechange", () => seen.push(element.volume));
    }
  };
  window.__volumes = () => [...volumes.values()].find((seen) => seen.length > 0) ?? [];
};
