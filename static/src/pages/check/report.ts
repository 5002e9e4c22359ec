// The result as plain text, in English: it is for whoever helps, and they search it. Pure.

import { type CheckState, STEPS } from "./run";

/** `page` says where and when it was made, and with what. */
export interface ReportPage {
  address: string;
  userAgent: string;
  now: Date;
}

export function reportOf(state: CheckState, page: ReportPage): string {
  const { found, verdict, problems, target, cameraLabel, microphoneLabel } = state;
  const { connection, bandwidth } = found;
  const lines = [
    `Check of ${page.now.toISOString()} at ${page.address}`,
    `Result: ${verdict}${problems.length > 0 ? `; ${problems.join(", ")}` : ""}`,
    `Camera: ${found.camera}${cameraLabel && ` (${cameraLabel})`}`,
    `Microphone: ${found.microphone}${microphoneLabel && ` (${microphoneLabel})`}`,
    `Speakers: ${found.speakers}`,
  ];
  if (connection !== null) {
    const way = connection.protocol === null ? "none" : connection.protocol.toUpperCase();
    lines.push(
      `Signalling: ${connection.signalling ? "works" : "does not work"}`,
      `Media: ${way}${connection.relayed ? ", relayed" : ""}${target && ` to ${target}`}`,
      `Round trip: ${inMs(connection.roundTripMs)}, jitter: ${inMs(connection.jitterMs)}`,
      `Loss: ${inPercent(connection.lossUp)} up, ${inPercent(connection.lossDown)} down`,
    );
  }
  if (bandwidth !== null) {
    lines.push(`Bandwidth: ${inKbps(bandwidth.upBps)} up, ${inKbps(bandwidth.downBps)} down`);
  }
  lines.push(`Steps: ${STEPS.map((step) => `${step} ${state.steps[step]}`).join(", ")}`);
  lines.push(`Browser: ${page.userAgent}`);
  return lines.join("\n");
}

function inMs(value: number | null): string {
  return value === null ? "unknown" : `${value} ms`;
}

function inPercent(share: number | null): string {
  return share === null ? "unknown" : `${(share * 100).toFixed(1)} %`;
}

function inKbps(bps: number | null): string {
  return bps === null ? "unknown" : `${Math.round(bps / 1000)} kbit/s`;
}
