// Redundant audio (RFC 2198): each packet of a voice has the frame before once more, so that a single loss is not heard.
//
// A browser sends it where the answer has audio/red before Opus. mediasoup-client answers with one codec, the one that
// `produce` names; who names audio/red gets Opus here with RED before it. For that, the parameters of the answer are
// completed on their way into its SDP, behind a member that is not of its interface: where it is missing, Opus goes out
// alone. Seen with mediasoup-client 3.24.1.

import type { types } from "mediasoup-client";

const RED = "audio/red";
/** What an fmtp line says that is no `name=value`, such as RED's payload types: libwebrtc's parameter without a name. */
const UNNAMED = "";

interface Answer {
  offerRtpParameters: types.RtpParameters;
  answerRtpParameters: types.RtpParameters;
}

/** What makes the SDP in all handlers of mediasoup-client. */
interface AnsweringHandler {
  _remoteSdp?: { send?: (answer: Answer) => void };
}

/** Whether this codec is RED. */
export function isRed(codec: types.RtpCodecCapability | undefined): boolean {
  return codec?.mimeType.toLowerCase() === RED;
}

/** `handler`, which sends Opus with redundancy where it is told to send audio/red. */
export function sendingRed(handler: types.HandlerInterface): types.HandlerInterface {
  let red: types.RtpCodecCapability | undefined;
  const send = handler.send.bind(handler);
  handler.send = async (options) => {
    if (!isRed(options.codec)) {
      return send(options);
    }
    const { codec, ...plain } = options;
    red = codec;
    try {
      return await send(plain); // one after the other: the transport sees to that
    } finally {
      red = undefined;
    }
  };
  const sdp = (handler as unknown as AnsweringHandler)._remoteSdp;
  const answer = sdp?.send?.bind(sdp);
  if (sdp !== undefined && answer !== undefined) {
    sdp.send = (parameters) => {
      if (red !== undefined) {
        addRed(parameters, red);
      }
      answer(parameters);
    };
  }
  return handler;
}

/** Put RED before Opus in the answer, and behind it in what the node is told, for which Opus is the codec. */
export function addRed(
  { offerRtpParameters, answerRtpParameters }: Answer,
  { mimeType, clockRate, channels, preferredPayloadType }: types.RtpCodecCapability,
): void {
  const opus = offerRtpParameters.codecs[0];
  if (opus === undefined || preferredPayloadType === undefined) {
    return;
  }
  const red: types.RtpCodecParameters = {
    mimeType,
    payloadType: preferredPayloadType,
    clockRate,
    ...(channels === undefined ? {} : { channels }),
    parameters: { [UNNAMED]: `${opus.payloadType}/${opus.payloadType}` },
    rtcpFeedback: [],
  };
  offerRtpParameters.codecs = [...offerRtpParameters.codecs, red];
  answerRtpParameters.codecs = [red, ...answerRtpParameters.codecs];
}
