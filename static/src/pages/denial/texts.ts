// The words of the page for somebody who may not enter. The English ones are those of meet/accounts/access/denials.py.

interface Words {
  title: string;
  message: string;
  hint: string;
}

export type Code =
  | "accessDenied"
  | "tokenOver"
  | "tooEarly"
  | "accessBadRequest"
  | "accessDeclined"
  | "accessInvalidToken"
  | "accessInvalidRoom"
  | "accessLocked"
  | "accessCheckFailed"
  | "accessBusy";

export interface Texts {
  denials: Record<Code, Words>;
  start: (time: string) => string;
  contact: string;
  again: string;
}

const en: Texts = {
  denials: {
    accessDenied: {
      title: "Access denied",
      message: "This room opens with a signed link only.",
      hint: "Ask whoever invited you for a new link.",
    },
    tokenOver: {
      title: "This link is over",
      message: "It could be used for a limited time, which is over.",
      hint: "Ask whoever invited you for a new link.",
    },
    tooEarly: {
      title: "You are early",
      message: "The event has not started yet.",
      hint: "This page lets you in by itself.",
    },
    accessBadRequest: {
      title: "This link doesn't work",
      message: "Token, roomId or peerId not found.",
      hint: "Ask whoever invited you for a new link.",
    },
    accessDeclined: {
      title: "Access declined",
      message: "You are not allowed to join this room.",
      hint: "Ask whoever invited you to let you in.",
    },
    accessInvalidToken: {
      title: "This link is not valid",
      message: "Invalid token.",
      hint: "Ask whoever invited you for a new link.",
    },
    accessInvalidRoom: {
      title: "There is no such room",
      message: "Invalid room ID.",
      hint: "Ask whoever invited you for a new link.",
    },
    accessLocked: { title: "This room is closed", message: "Nobody can enter at the moment.", hint: "" },
    accessCheckFailed: {
      title: "Server connection error",
      message: "We could not find out whether you may enter.",
      hint: "Try again in a moment.",
    },
    accessBusy: {
      title: "Many people are entering",
      message: "We could not find out yet whether you may enter.",
      hint: "This page tries again by itself.",
    },
  },
  start: (time) => `Start ${time}.`,
  contact: "Contact",
  again: "Try again",
};

const fr: Texts = {
  denials: {
    accessDenied: {
      title: "Accès refusé",
      message: "Cette salle ne s’ouvre qu’avec un lien signé.",
      hint: "Demandez un nouveau lien à la personne qui vous a invité.",
    },
    tokenOver: {
      title: "Ce lien a expiré",
      message: "Il était utilisable pendant un temps limité, qui est écoulé.",
      hint: "Demandez un nouveau lien à la personne qui vous a invité.",
    },
    tooEarly: {
      title: "Vous êtes en avance",
      message: "L’événement n’a pas encore commencé.",
      hint: "Cette page vous fera entrer automatiquement.",
    },
    accessBadRequest: {
      title: "Ce lien ne fonctionne pas",
      message: "Le jeton, la salle ou le participant est introuvable.",
      hint: "Demandez un nouveau lien à la personne qui vous a invité.",
    },
    accessDeclined: {
      title: "Accès refusé",
      message: "Vous n’êtes pas autorisé à rejoindre cette salle.",
      hint: "Demandez l’accès à la personne qui vous a invité.",
    },
    accessInvalidToken: {
      title: "Ce lien n’est pas valable",
      message: "Jeton non valide.",
      hint: "Demandez un nouveau lien à la personne qui vous a invité.",
    },
    accessInvalidRoom: {
      title: "Cette salle n’existe pas",
      message: "Identifiant de salle non valide.",
      hint: "Demandez un nouveau lien à la personne qui vous a invité.",
    },
    accessLocked: {
      title: "Cette salle est fermée",
      message: "Personne ne peut entrer pour le moment.",
      hint: "",
    },
    accessCheckFailed: {
      title: "Erreur de connexion au serveur",
      message: "Nous n’avons pas pu vérifier si vous pouvez entrer.",
      hint: "Réessayez dans un instant.",
    },
    accessBusy: {
      title: "Beaucoup de monde entre en ce moment",
      message: "Nous n’avons pas encore pu vérifier si vous pouvez entrer.",
      hint: "Cette page réessaie automatiquement.",
    },
  },
  start: (time) => `Début : ${time}.`,
  contact: "Contact",
  again: "Réessayer",
};

const de: Texts = {
  denials: {
    accessDenied: {
      title: "Zugang verweigert",
      message: "Dieser Raum öffnet sich nur mit einem signierten Link.",
      hint: "Bitten Sie um einen neuen Link bei der Person, die Sie eingeladen hat.",
    },
    tokenOver: {
      title: "Dieser Link ist abgelaufen",
      message: "Er war nur eine begrenzte Zeit gültig, und die ist vorbei.",
      hint: "Bitten Sie um einen neuen Link bei der Person, die Sie eingeladen hat.",
    },
    tooEarly: {
      title: "Sie sind früh dran",
      message: "Die Veranstaltung hat noch nicht begonnen.",
      hint: "Diese Seite lässt Sie von selbst hinein.",
    },
    accessBadRequest: {
      title: "Dieser Link funktioniert nicht",
      message: "Token, Raum oder Teilnehmer wurde nicht gefunden.",
      hint: "Bitten Sie um einen neuen Link bei der Person, die Sie eingeladen hat.",
    },
    accessDeclined: {
      title: "Zugang abgelehnt",
      message: "Sie dürfen diesem Raum nicht beitreten.",
      hint: "Bitten Sie um Einlass bei der Person, die Sie eingeladen hat.",
    },
    accessInvalidToken: {
      title: "Dieser Link ist ungültig",
      message: "Ungültiges Token.",
      hint: "Bitten Sie um einen neuen Link bei der Person, die Sie eingeladen hat.",
    },
    accessInvalidRoom: {
      title: "Diesen Raum gibt es nicht",
      message: "Ungültige Raum-ID.",
      hint: "Bitten Sie um einen neuen Link bei der Person, die Sie eingeladen hat.",
    },
    accessLocked: {
      title: "Dieser Raum ist geschlossen",
      message: "Im Moment kann niemand hinein.",
      hint: "",
    },
    accessCheckFailed: {
      title: "Fehler bei der Verbindung zum Server",
      message: "Wir konnten nicht feststellen, ob Sie hineindürfen.",
      hint: "Versuchen Sie es gleich noch einmal.",
    },
    accessBusy: {
      title: "Gerade kommen viele herein",
      message: "Wir konnten noch nicht feststellen, ob Sie hineindürfen.",
      hint: "Diese Seite versucht es von selbst noch einmal.",
    },
  },
  start: (time) => `Beginn: ${time}.`,
  contact: "Kontakt",
  again: "Noch einmal versuchen",
};

const lb: Texts = {
  denials: {
    accessDenied: {
      title: "Zougang verweigert",
      message: "Dëse Raum geet nëmme mat engem signéierte Link op.",
      hint: "Frot déi Persoun, déi Iech invitéiert huet, no engem neie Link.",
    },
    tokenOver: {
      title: "Dëse Link ass ofgelaf",
      message: "E war nëmmen eng begrenzten Zäit gülteg, an déi ass eriwwer.",
      hint: "Frot déi Persoun, déi Iech invitéiert huet, no engem neie Link.",
    },
    tooEarly: {
      title: "Dir sidd fréi drun",
      message: "D’Evenement huet nach net ugefaangen.",
      hint: "Dës Säit léisst Iech vum selwen eran.",
    },
    accessBadRequest: {
      title: "Dëse Link fonctionéiert net",
      message: "Token, Raum oder Participant gouf net fonnt.",
      hint: "Frot déi Persoun, déi Iech invitéiert huet, no engem neie Link.",
    },
    accessDeclined: {
      title: "Zougang ofgeleent",
      message: "Dir däerft net an dëse Raum.",
      hint: "Frot déi Persoun, déi Iech invitéiert huet, fir Iech eranzeloossen.",
    },
    accessInvalidToken: {
      title: "Dëse Link ass net gülteg",
      message: "Ongültegen Token.",
      hint: "Frot déi Persoun, déi Iech invitéiert huet, no engem neie Link.",
    },
    accessInvalidRoom: {
      title: "Dëse Raum gëtt et net",
      message: "Ongülteg Raum-ID.",
      hint: "Frot déi Persoun, déi Iech invitéiert huet, no engem neie Link.",
    },
    accessLocked: {
      title: "Dëse Raum ass zou",
      message: "Am Moment kënnt keen eran.",
      hint: "",
    },
    accessCheckFailed: {
      title: "Feeler bei der Verbindung mam Server",
      message: "Mir konnten net erausfannen, ob Dir eran däerft.",
      hint: "Probéiert et an engem Moment nach eng Kéier.",
    },
    accessBusy: {
      title: "Grad kommen der vill eran",
      message: "Mir konnten nach net erausfannen, ob Dir eran däerft.",
      hint: "Dës Säit probéiert et vum selwen nach eng Kéier.",
    },
  },
  start: (time) => `Ufank: ${time}.`,
  contact: "Kontakt",
  again: "Nach eng Kéier probéieren",
};

const ru: Texts = {
  denials: {
    accessDenied: {
      title: "Доступ запрещён",
      message: "Эта комната открывается только по подписанной ссылке.",
      hint: "Попросите новую ссылку у того, кто вас пригласил.",
    },
    tokenOver: {
      title: "Ссылка больше не действует",
      message: "Ею можно было пользоваться ограниченное время, и оно истекло.",
      hint: "Попросите новую ссылку у того, кто вас пригласил.",
    },
    tooEarly: {
      title: "Вы пришли раньше",
      message: "Мероприятие ещё не началось.",
      hint: "Эта страница впустит вас сама.",
    },
    accessBadRequest: {
      title: "Ссылка не работает",
      message: "Токен, комната или участник не найдены.",
      hint: "Попросите новую ссылку у того, кто вас пригласил.",
    },
    accessDeclined: {
      title: "В доступе отказано",
      message: "Вам нельзя войти в эту комнату.",
      hint: "Попросите того, кто вас пригласил, впустить вас.",
    },
    accessInvalidToken: {
      title: "Ссылка недействительна",
      message: "Недействительный токен.",
      hint: "Попросите новую ссылку у того, кто вас пригласил.",
    },
    accessInvalidRoom: {
      title: "Такой комнаты нет",
      message: "Недействительный идентификатор комнаты.",
      hint: "Попросите новую ссылку у того, кто вас пригласил.",
    },
    accessLocked: { title: "Комната закрыта", message: "Сейчас никто не может войти.", hint: "" },
    accessCheckFailed: {
      title: "Ошибка соединения с сервером",
      message: "Не удалось узнать, можно ли вам войти.",
      hint: "Попробуйте ещё раз чуть позже.",
    },
    accessBusy: {
      title: "Сейчас входит много людей",
      message: "Пока не удалось узнать, можно ли вам войти.",
      hint: "Эта страница попробует ещё раз сама.",
    },
  },
  start: (time) => `Начало: ${time}.`,
  contact: "Контакт",
  again: "Попробовать ещё раз",
};

export const TEXTS: Record<string, Texts> & { en: Texts } = { en, fr, de, lb, ru };

export function isCode(code: string): code is Code {
  return code in en.denials;
}

/** What to write times and numbers in; not every browser knows Luxembourgish. */
export function localesOf(language: string): string[] {
  return language === "lb" ? ["lb", "de-LU", "de"] : [language];
}
