// The player's page. A chapter's title is told by these words in each language.

import type { Translation } from "../format";

export const en = {
  "message.pending.title": "The video is being made",
  "message.pending.message": "That takes some minutes after a meeting. It plays here as soon as it is ready.",
  "message.failed.title": "There is no video",
  "message.failed.message":
    "The recording could not be made into a video. Whoever gave you the link can see why.",
  "message.notFound.title": "Nothing to watch here",
  "message.notFound.message":
    "There is no recording at this address, or only people who have logged in may watch it.",
  "message.expired.title": "This link has expired",
  "message.expired.message": "Ask whoever sent it to you for a new one.",
  "message.deleted.title": "This recording is deleted",
  "message.deleted.message": "Somebody who may do so has deleted it.",
  "player.label": "Video",
  "player.play": "Play",
  "player.pause": "Pause",
  "player.seek": "Place in the video",
  "player.at": "{time} of {all}",
  "player.mute": "Mute",
  "player.volume": "Volume",
  "player.speed": "Speed",
  "player.language": "Language",
  "player.original": "Original",
  "player.quality": "Quality",
  "player.automatic": "Automatic",
  "player.automaticHeight": "Automatic ({height}p)",
  "player.fullscreen": "Full screen",
  "player.fullscreenEnd": "Leave full screen",
  "player.pictureInPicture": "Picture in picture",
  "player.chapters": "Chapters",
  "player.close": "Close",
  "player.loading": "Loading",
  "player.progress": "{percent} % done",
  "player.broken": "The video can't be loaded at the moment.",
  "player.again": "Try again",
  "page.logIn": "Log in",
  "page.all": "All recordings",
  "page.before": "The part before",
  "page.after": "The part after",
  "page.download": "Download",
  "chapter.start": "Start",
  "chapter.joined": { one: "{names} joined", other: "{names} joined" },
  "chapter.left": { one: "{names} left", other: "{names} left" },
  "chapter.shares": "{name} shares a screen",
  "chapter.sharesNoMore": "{name} shares no screen any more",
  "chapter.and": "{names} and {last}",
  "chapter.others": "{count} others",
} as const;

export type English = typeof en;
export type Messages = Translation<English>;
