// The words of the player's page.

import type { VideoProgress } from "../../wire/player";

type Code = VideoProgress["code"];

export interface Texts {
  language: string;
  messages: Record<Exclude<Code, "ready">, { title: string; message: string }>;
  player: string;
  play: string;
  pause: string;
  seek: string;
  at: (time: string, all: string) => string;
  mute: string;
  volume: string;
  speed: string;
  quality: string;
  automatic: (height: number | null) => string;
  fullscreen: string;
  fullscreenEnd: string;
  pictureInPicture: string;
  chapters: string;
  close: string;
  loading: string;
  progress: (percent: number) => string;
  broken: string;
  again: string;
  logIn: string;
  all: string;
  download: string;
  start: string;
  joined: (names: string[]) => string;
  others: (count: number) => string;
  left: (names: string[]) => string;
  shares: (name: string) => string;
  sharesNoMore: (name: string) => string;
}

function list(language: string, names: string[]): string {
  return new Intl.ListFormat(language, { type: "conjunction" }).format(names);
}

const en: Texts = {
  language: "en",
  messages: {
    pending: {
      title: "The video is being made",
      message: "That takes some minutes after a meeting. It plays here as soon as it is ready.",
    },
    failed: {
      title: "There is no video",
      message: "The recording could not be made into a video. Whoever gave you the link can see why.",
    },
    notFound: {
      title: "Nothing to watch here",
      message: "There is no recording at this address, or only people who have logged in may watch it.",
    },
    expired: {
      title: "This link has expired",
      message: "Ask whoever sent it to you for a new one.",
    },
    deleted: { title: "This recording is deleted", message: "Somebody who may do so has deleted it." },
  },
  player: "Video",
  play: "Play",
  pause: "Pause",
  seek: "Place in the video",
  at: (time, all) => `${time} of ${all}`,
  mute: "Mute",
  volume: "Volume",
  speed: "Speed",
  quality: "Quality",
  automatic: (height) => (height ? `Automatic (${height}p)` : "Automatic"),
  fullscreen: "Full screen",
  fullscreenEnd: "Leave full screen",
  pictureInPicture: "Picture in picture",
  chapters: "Chapters",
  close: "Close",
  loading: "Loading",
  progress: (percent) => `${percent} % done`,
  broken: "The video can't be loaded at the moment.",
  again: "Try again",
  logIn: "Log in",
  all: "All recordings",
  download: "Download",
  start: "Start",
  joined: (names) =>
    `${names.length > 1 ? `${names.slice(0, -1).join(", ")} and ` : ""}${names.at(-1)} joined`,
  others: (count) => `${count} others`,
  left: (names) => `${names.length > 1 ? `${names.slice(0, -1).join(", ")} and ` : ""}${names.at(-1)} left`,
  shares: (name) => `${name} shares a screen`,
  sharesNoMore: (name) => `${name} shares no screen any more`,
};

const fr: Texts = {
  language: "fr",
  messages: {
    pending: {
      title: "La vidéo est en préparation",
      message: "Cela prend quelques minutes après une réunion. Elle sera lue ici dès qu’elle sera prête.",
    },
    failed: {
      title: "Il n’y a pas de vidéo",
      message:
        "L’enregistrement n’a pas pu être transformé en vidéo. La personne qui vous a donné le lien peut en voir la raison.",
    },
    notFound: {
      title: "Rien à regarder ici",
      message:
        "Il n’y a pas d’enregistrement à cette adresse, ou seules les personnes connectées peuvent le regarder.",
    },
    expired: {
      title: "Ce lien a expiré",
      message: "Demandez-en un nouveau à la personne qui vous l’a envoyé.",
    },
    deleted: {
      title: "Cet enregistrement est supprimé",
      message: "Une personne qui en a le droit l’a supprimé.",
    },
  },
  player: "Vidéo",
  play: "Lire",
  pause: "Pause",
  seek: "Position dans la vidéo",
  at: (time, all) => `${time} sur ${all}`,
  mute: "Couper le son",
  volume: "Volume",
  speed: "Vitesse",
  quality: "Qualité",
  automatic: (height) => (height ? `Automatique (${height}p)` : "Automatique"),
  fullscreen: "Plein écran",
  fullscreenEnd: "Quitter le plein écran",
  pictureInPicture: "Image dans l’image",
  chapters: "Chapitres",
  close: "Fermer",
  loading: "Chargement",
  progress: (percent) => `${percent} % terminés`,
  broken: "La vidéo ne peut pas être chargée pour le moment.",
  again: "Réessayer",
  logIn: "Se connecter",
  all: "Tous les enregistrements",
  download: "Télécharger",
  start: "Début",
  joined: (names) => `Arrivée de ${list("fr", names)}`,
  others: (count) => `${count} autres`,
  left: (names) => `Départ de ${list("fr", names)}`,
  shares: (name) => `${name} partage un écran`,
  sharesNoMore: (name) => `${name} ne partage plus d’écran`,
};

const de: Texts = {
  language: "de",
  messages: {
    pending: {
      title: "Das Video entsteht gerade",
      message: "Das dauert nach einem Meeting einige Minuten. Es wird hier abgespielt, sobald es fertig ist.",
    },
    failed: {
      title: "Es gibt kein Video",
      message:
        "Aus der Aufzeichnung konnte kein Video gemacht werden. Wer Ihnen den Link gegeben hat, kann den Grund sehen.",
    },
    notFound: {
      title: "Hier gibt es nichts zu sehen",
      message: "Unter dieser Adresse ist keine Aufzeichnung, oder nur wer angemeldet ist, darf sie ansehen.",
    },
    expired: {
      title: "Dieser Link ist abgelaufen",
      message: "Wer Ihnen den Link geschickt hat, kann Ihnen einen neuen geben.",
    },
    deleted: { title: "Diese Aufzeichnung ist gelöscht", message: "Jemand, der das darf, hat sie gelöscht." },
  },
  player: "Video",
  play: "Abspielen",
  pause: "Anhalten",
  seek: "Stelle im Video",
  at: (time, all) => `${time} von ${all}`,
  mute: "Stummschalten",
  volume: "Lautstärke",
  speed: "Geschwindigkeit",
  quality: "Qualität",
  automatic: (height) => (height ? `Automatisch (${height}p)` : "Automatisch"),
  fullscreen: "Vollbild",
  fullscreenEnd: "Vollbild beenden",
  pictureInPicture: "Bild im Bild",
  chapters: "Kapitel",
  close: "Schließen",
  loading: "Wird geladen",
  progress: (percent) => `${percent} % fertig`,
  broken: "Das Video kann im Moment nicht geladen werden.",
  again: "Noch einmal versuchen",
  logIn: "Anmelden",
  all: "Alle Aufzeichnungen",
  download: "Herunterladen",
  start: "Anfang",
  joined: (names) => `${list("de", names)} ${names.length > 1 ? "kommen" : "kommt"} dazu`,
  others: (count) => `${count} weitere`,
  left: (names) => `${list("de", names)} ${names.length > 1 ? "gehen" : "geht"}`,
  shares: (name) => `${name} teilt einen Bildschirm`,
  sharesNoMore: (name) => `${name} teilt keinen Bildschirm mehr`,
};

const lb: Texts = {
  language: "lb",
  messages: {
    pending: {
      title: "De Video gëtt grad gemaach",
      message: "Dat dauert no engem Meeting e puer Minutten. E gëtt hei ofgespillt, soubal e fäerdeg ass.",
    },
    failed: {
      title: "Et gëtt kee Video",
      message:
        "Aus der Opnam konnt kee Video gemaach ginn. Wien Iech de Link ginn huet, kann de Grond gesinn.",
    },
    notFound: {
      title: "Hei gëtt et näischt ze gesinn",
      message: "Ënner dëser Adress ass keng Opnam, oder nëmme wien ageloggt ass, däerf se kucken.",
    },
    expired: {
      title: "Dëse Link ass ofgelaf",
      message: "Frot deen no engem neien, deen Iech e geschéckt huet.",
    },
    deleted: { title: "Dës Opnam ass geläscht", message: "Een, deen dat däerf, huet se geläscht." },
  },
  player: "Video",
  play: "Ofspillen",
  pause: "Paus",
  seek: "Plaz am Video",
  at: (time, all) => `${time} vun ${all}`,
  mute: "Toun aus",
  volume: "Lautstäerkt",
  speed: "Vitess",
  quality: "Qualitéit",
  automatic: (height) => (height ? `Automatesch (${height}p)` : "Automatesch"),
  fullscreen: "Vollbild",
  fullscreenEnd: "Vollbild verloossen",
  pictureInPicture: "Bild am Bild",
  chapters: "Kapitelen",
  close: "Zoumaachen",
  loading: "Gëtt gelueden",
  progress: (percent) => `${percent} % fäerdeg`,
  broken: "De Video kann am Moment net geluede ginn.",
  again: "Nach eng Kéier probéieren",
  logIn: "Aloggen",
  all: "All Opnamen",
  download: "Eroflueden",
  start: "Ufank",
  joined: (names) => `${list("lb", names)} ${names.length > 1 ? "kommen" : "kënnt"} dobäi`,
  others: (count) => `${count} anerer`,
  left: (names) => `${list("lb", names)} ${names.length > 1 ? "ginn" : "geet"}`,
  shares: (name) => `${name} deelt en Ecran`,
  sharesNoMore: (name) => `${name} deelt keen Ecran méi`,
};

const ru: Texts = {
  language: "ru",
  messages: {
    pending: {
      title: "Видео готовится",
      message: "После встречи на это нужно несколько минут. Оно появится здесь, как только будет готово.",
    },
    failed: {
      title: "Видео нет",
      message: "Из записи не удалось сделать видео. Причину может увидеть тот, кто дал вам ссылку.",
    },
    notFound: {
      title: "Здесь нечего смотреть",
      message: "По этому адресу нет записи, или смотреть её могут только те, кто вошёл в систему.",
    },
    expired: {
      title: "Срок действия ссылки истёк",
      message: "Попросите новую у того, кто вам её прислал.",
    },
    deleted: { title: "Запись удалена", message: "Её удалил тот, у кого есть на это право." },
  },
  player: "Видео",
  play: "Воспроизвести",
  pause: "Пауза",
  seek: "Место в видео",
  at: (time, all) => `${time} из ${all}`,
  mute: "Выключить звук",
  volume: "Громкость",
  speed: "Скорость",
  quality: "Качество",
  automatic: (height) => (height ? `Автоматически (${height}p)` : "Автоматически"),
  fullscreen: "Во весь экран",
  fullscreenEnd: "Выйти из полноэкранного режима",
  pictureInPicture: "Картинка в картинке",
  chapters: "Главы",
  close: "Закрыть",
  loading: "Загрузка",
  progress: (percent) => `Готово ${percent} %`,
  broken: "Сейчас видео не удаётся загрузить.",
  again: "Попробовать ещё раз",
  logIn: "Войти",
  all: "Все записи",
  download: "Скачать",
  start: "Начало",
  joined: (names) => `Подключение: ${names.join(", ")}`,
  others: (count) => `ещё ${count}`,
  left: (names) => `Выход: ${names.join(", ")}`,
  shares: (name) => `${name} показывает экран`,
  sharesNoMore: (name) => `${name} больше не показывает экран`,
};

const TEXTS: Readonly<Record<string, Texts>> = { en, fr, de, lb, ru };
export const LANGUAGES = Object.keys(TEXTS);

/** Those of the first language that we have; English else. */
export function textsOf(wanted: readonly string[]): Texts {
  const names = wanted.map((name) => name.toLowerCase().split(/[-_]/)[0] ?? "");
  return TEXTS[names.find((name) => Object.hasOwn(TEXTS, name)) ?? "en"] ?? en;
}
