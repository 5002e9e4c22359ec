import type { types } from "mediasoup-client";
import { describe, expect, it } from "vitest";
import { sendingRed } from "../../src/rtc/redundancy";

const RED: types.RtpCodecCapability = {
  kind: "audio",
  mimeType: "audio/red",
  preferredPayloadType: 63,
  clockRate: 48_000,
  channels: 2,
};
const opus = () => ({ mimeType: "audio/opus", payloadType: 109, clockRate: 48_000, channels: 2 }) as const;

/** A handler as mediasoup-client's: it makes an answer from parameters, and hands back those of the offer. */
class Handler {
  asked: (types.RtpCodecCapability | undefined)[] = [];
  answers: types.RtpParameters[] = [];
  _remoteSdp = {
    send: ({ answerRtpParameters }: { answerRtpParameters: types.RtpParameters }) => {
      this.answers.push(answerRtpParameters);
    },
  };

  async send({ codec }: { codec?: types.RtpCodecCapability }) {
    this.asked.push(codec);
    const rtpParameters: types.RtpParameters = { codecs: [opus()] };
    this._remoteSdp?.send({
      offerRtpParameters: rtpParameters,
      answerRtpParameters: { codecs: [opus()] },
    } as never);
    return { localId: "0", rtpParameters };
  }
}

const sends = async (handler: Handler, codec?: types.RtpCodecCapability) => {
  const made = sendingRed(handler as unknown as types.HandlerInterface);
  const { rtpParameters } = await made.send({ codec } as types.HandlerSendOptions);
  return {
    told: rtpParameters.codecs.map(({ mimeType }) => mimeType),
    answered: handler.answers.map(({ codecs }) => codecs.map(({ mimeType }) => mimeType)),
  };
};

describe("a voice that is to be sent with redundancy", () => {
  it("is answered with RED first, and announced as Opus with RED behind it", async () => {
    const handler = new Handler();
    expect(await sends(handler, RED)).toEqual({
      told: ["audio/opus", "audio/red"],
      answered: [["audio/red", "audio/opus"]],
    });
    expect(handler.asked).toEqual([undefined]);
    expect(handler.answers[0]?.codecs[0]).toEqual({
      mimeType: "audio/red",
      payloadType: 63,
      clockRate: 48_000,
      channels: 2,
      parameters: { "": "109/109" },
      rtcpFeedback: [],
    });
  });

  it("leaves what comes after it as it was", async () => {
    const handler = new Handler();
    await sends(handler, RED);
    expect((await sends(handler)).answered.at(-1)).toEqual(["audio/opus"]);
  });

  it("goes out as Opus where the handler is another", async () => {
    const handler = new Handler();
    (handler as { _remoteSdp?: unknown })._remoteSdp = undefined;
    expect((await sends(handler, RED)).told).toEqual(["audio/opus"]);
    expect(handler.asked).toEqual([undefined]);
  });
});
