// English, the language all others are measured by: `Messages` makes a missing or extra key a type error.
// `{name}` is a value; a message with `other` chooses its form by `count` (CLDR plural categories).

export const en = {
  "app.name": "Meet",

  "welcome.title": "Ready to join?",
  "welcome.room": "Room {room}",
  "welcome.name": "Your name",
  "welcome.namePlaceholder": "How others will see you",
  "welcome.nameFixed": "This name comes with your invitation.",
  "welcome.nameMissing": "Enter a name so that the others know who you are.",
  "welcome.nameTooLong": "That name is too long: use at most {max} characters.",
  "welcome.join": "Join",
  "welcome.joinWithout": "Join to watch and listen",
  "welcome.preview": "Your camera preview",
  "welcome.cameraOff": "Your camera is off",
  "welcome.cameraStarting": "Starting your camera…",
  "welcome.micLevel": "Microphone level",
  "welcome.guest": "Guest",

  "device.microphone": "Microphone",
  "device.camera": "Camera",
  "device.speaker": "Speaker",
  "device.default": "System default",
  "device.none": "None found",
  "device.chooseMic": "Choose microphone and speaker",
  "device.chooseCamera": "Choose camera",

  "problem.denied.both": "Your browser blocks the camera and the microphone",
  "problem.denied.mic": "Your browser blocks the microphone",
  "problem.denied.camera": "Your browser blocks the camera",
  "problem.denied.hint":
    "Allow it with the icon beside the address, then try again. You can also join without, to watch and listen.",
  "problem.missing.both": "No camera and no microphone found",
  "problem.missing.mic": "No microphone found",
  "problem.missing.camera": "No camera found",
  "problem.missing.hint": "Plug one in, then try again. You can also join without.",
  "problem.busy.both": "The camera and the microphone are in use",
  "problem.busy.mic": "The microphone is in use",
  "problem.busy.camera": "The camera is in use",
  "problem.busy.hint":
    "Close the other program or tab that uses it, then try again. You can also join without.",
  "problem.insecure.both": "This page can't use the camera and the microphone",
  "problem.insecure.mic": "This page can't use the microphone",
  "problem.insecure.camera": "This page can't use the camera",
  "problem.insecure.hint":
    "Browsers allow it only at addresses that begin with https://. Ask for such a link. You can still watch and listen.",
  "problem.failed.both": "The camera and the microphone did not start",
  "problem.failed.mic": "The microphone did not start",
  "problem.failed.camera": "The camera did not start",
  "problem.failed.hint":
    "Unplug it and plug it in again, or choose another one below. You can also join without.",
  "problem.retry": "Try again",

  "joining.title": "Joining the meeting…",
  "reconnecting.title": "Reconnecting…",
  "reconnecting.hint": "Your connection was interrupted. Hold on, you'll be back in a moment.",

  "room.label": "Meeting",
  "room.participants": { one: "{count} participant", other: "{count} participants" },
  "room.copyLink": "Copy invite link",
  "room.linkCopied": "Link copied",
  "room.copyFailed": "Your browser did not let us copy. Here is the link: {link}",
  "room.hearOthers": "Click to hear the others",
  "room.hearOthersHint": "Your browser waits for a click before it plays sound.",
  "room.alone": "You're the only one here",
  "room.aloneHint": "Send this link to the people you want to meet.",

  "tiles.label": "Participants",
  "tiles.previous": "Previous page",
  "tiles.next": "Next page",
  "tiles.page": "Page {page} of {pages}",
  "tile.you": "{name} (you)",
  "tile.screen": "{name}'s screen",
  "tile.yourScreen": "Your screen",
  "tile.describe": "{name}, {state}",
  "tile.state.micOn": "microphone on",
  "tile.state.micOff": "microphone off",

  "control.bar": "Meeting controls",
  "control.mute": "Turn off microphone",
  "control.unmute": "Turn on microphone",
  "control.stopCamera": "Turn off camera",
  "control.startCamera": "Turn on camera",
  "control.share": "Share screen",
  "control.stopShare": "Stop sharing",
  "control.leave": "Leave",
  "control.problem": "{label}: there is a problem",

  "shortcuts.title": "Keyboard shortcuts",
  "shortcuts.mic": "Microphone on or off",
  "shortcuts.camera": "Camera on or off",
  "shortcuts.share": "Share or stop sharing your screen",
  "shortcuts.help": "Show this list",

  "left.title": "You left the meeting",
  "left.hint": "Left by accident? You can go straight back in.",
  "left.rejoin": "Rejoin",
  "left.new": "New meeting",

  "closed.title": "The meeting ended for you",
  "closed.retry": "Try again",
  "closed.connectionLost.title": "Connection lost",
  "closed.connectionLost.hint": "The server can't be reached. Check your network, then try again.",
  "closed.serverClosing.title": "The server is restarting",
  "closed.serverClosing.hint": "This takes a few seconds. Then you can join again.",
  "closed.peerReplaced.title": "Someone joined into the room with your ID",
  "closed.peerReplaced.hint": "The meeting goes on in another tab or on another device, and has ended here.",
  "closed.ticketExpired.title": "This page has been open for too long",
  "closed.ticketExpired.hint": "Try again, or load the page anew.",
  "closed.ticketInvalid.title": "This page can't let you in",
  "closed.ticketInvalid.hint": "Load the page again to get a fresh entry.",
  "closed.notAllowed.title": "You may not enter",
  "closed.notAllowed.hint": "Ask the person who invited you.",
  "closed.tooManyRequests.title": "Too much at once",
  "closed.tooManyRequests.hint":
    "Your browser sent more than the server takes. Wait a moment, then try again.",
  "closed.internalError.title": "The server made a mistake",
  "closed.internalError.hint": "It has been logged. Please try again.",
  "closed.outdatedPage.title": "There is a new version",
  "closed.outdatedPage.hint": "The server has been updated. Load the page again to go on.",
  "closed.reload": "Load again",
  "closed.unsupported.title": "This browser can't take part",
  "closed.unsupported.hint": "Use a current version of Chrome, Edge, Firefox or Safari.",

  "announce.joined": "{name} joined",
  "announce.left": "{name} left",
  "announce.manyJoined": { one: "{count} person joined", other: "{count} people joined" },
  "announce.manyLeft": { one: "{count} person left", other: "{count} people left" },
  "announce.sharing": "{name} shares the screen",

  "notice.unknown": "Something did not work. Please try again.",
  "notice.micFailed": "The microphone did not start.",
  "notice.cameraFailed": "The camera did not start.",
  "notice.screenFailed": "The screen could not be shared.",
  "notice.nameRefused": "The server did not take this name.",
  "notice.mediaBlocked": "Sound and pictures don't get through. A firewall may be in the way.",

  "common.close": "Close",
  "common.dismiss": "Dismiss",
} as const;

type Plural = { readonly other: string } & Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>;

export type Key = keyof typeof en;
/** What a language file exports: every key, plural where English is. */
export type Messages = { readonly [K in Key]: (typeof en)[K] extends string ? string : Plural };
