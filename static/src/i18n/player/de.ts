// Deutsch.

import type { Messages } from "./en";

const de: Messages = {
  "message.pending.title": "Das Video entsteht gerade",
  "message.pending.message":
    "Das dauert nach einem Meeting einige Minuten. Es wird hier abgespielt, sobald es fertig ist.",
  "message.failed.title": "Es gibt kein Video",
  "message.failed.message":
    "Aus der Aufzeichnung konnte kein Video gemacht werden. Wer Ihnen den Link gegeben hat, kann den Grund sehen.",
  "message.notFound.title": "Hier gibt es nichts zu sehen",
  "message.notFound.message":
    "Unter dieser Adresse ist keine Aufzeichnung, oder nur wer angemeldet ist, darf sie ansehen.",
  "message.expired.title": "Dieser Link ist abgelaufen",
  "message.expired.message": "Wer Ihnen den Link geschickt hat, kann Ihnen einen neuen geben.",
  "message.deleted.title": "Diese Aufzeichnung ist gelöscht",
  "message.deleted.message": "Jemand, der das darf, hat sie gelöscht.",
  "player.label": "Video",
  "player.play": "Abspielen",
  "player.pause": "Anhalten",
  "player.seek": "Stelle im Video",
  "player.at": "{time} von {all}",
  "player.mute": "Stummschalten",
  "player.volume": "Lautstärke",
  "player.speed": "Geschwindigkeit",
  "player.language": "Sprache",
  "player.original": "Original",
  "player.quality": "Qualität",
  "player.automatic": "Automatisch",
  "player.automaticHeight": "Automatisch ({height}p)",
  "player.fullscreen": "Vollbild",
  "player.fullscreenEnd": "Vollbild beenden",
  "player.pictureInPicture": "Bild im Bild",
  "player.chapters": "Kapitel",
  "player.close": "Schließen",
  "player.loading": "Wird geladen",
  "player.progress": "{percent} % fertig",
  "player.broken": "Das Video kann im Moment nicht geladen werden.",
  "player.again": "Noch einmal versuchen",
  "page.logIn": "Anmelden",
  "page.all": "Alle Aufzeichnungen",
  "page.before": "Der Teil davor",
  "page.after": "Der Teil danach",
  "page.download": "Herunterladen",
  "chapter.start": "Anfang",
  "chapter.joined": { one: "{names} kommt dazu", other: "{names} kommen dazu" },
  "chapter.left": { one: "{names} geht", other: "{names} gehen" },
  "chapter.shares": "{name} teilt einen Bildschirm",
  "chapter.sharesNoMore": "{name} teilt keinen Bildschirm mehr",
  "chapter.and": "{names} und {last}",
  "chapter.others": "{count} weitere",
};

export default de;
