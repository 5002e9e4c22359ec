// The words for somebody who may not enter, on a page of their own and in the room's. The English ones are those of
// meet/accounts/access/denials.py; of tokens, rooms and nodes the server has other words, for those who made the link.

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
  | "accessBusy"
  | "tokenExpired"
  | "tokenNotYet"
  | "tokenInvalid"
  | "tokenOtherRoom"
  | "roomIdMissing"
  | "roomIdInvalid"
  | "attributeInvalid"
  | "noNode";

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
    tokenExpired: {
      title: "This link has expired",
      message: "It could be used for a limited time, which is over.",
      hint: "Ask whoever invited you for a new link.",
    },
    tokenNotYet: {
      title: "You are early",
      message: "This link does not count yet.",
      hint: "Try again later.",
    },
    tokenInvalid: {
      title: "This link is not valid",
      message: "Invalid token.",
      hint: "Ask whoever invited you for a new link.",
    },
    tokenOtherRoom: {
      title: "This link is for another room",
      message: "Its token does not open this room.",
      hint: "Ask whoever invited you for a new link.",
    },
    roomIdMissing: {
      title: "This link doesn't work",
      message: "It names no room.",
      hint: "Ask whoever invited you for a new link.",
    },
    roomIdInvalid: {
      title: "This link doesn't work",
      message: "There can be no room of this name.",
      hint: "Ask whoever invited you for a new link.",
    },
    attributeInvalid: {
      title: "This link doesn't work",
      message: "Something in it can't be read.",
      hint: "Ask whoever invited you for a new link.",
    },
    noNode: {
      title: "Not available right now",
      message: "No meeting server is running at the moment.",
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
    tokenExpired: {
      title: "Ce lien a expiré",
      message: "Il était utilisable pendant un temps limité, qui est écoulé.",
      hint: "Demandez un nouveau lien à la personne qui vous a invité.",
    },
    tokenNotYet: {
      title: "Vous êtes en avance",
      message: "Ce lien n’est pas encore valable.",
      hint: "Réessayez plus tard.",
    },
    tokenInvalid: {
      title: "Ce lien n’est pas valable",
      message: "Jeton non valide.",
      hint: "Demandez un nouveau lien à la personne qui vous a invité.",
    },
    tokenOtherRoom: {
      title: "Ce lien est pour une autre salle",
      message: "Son jeton n’ouvre pas cette salle.",
      hint: "Demandez un nouveau lien à la personne qui vous a invité.",
    },
    roomIdMissing: {
      title: "Ce lien ne fonctionne pas",
      message: "Il ne nomme aucune salle.",
      hint: "Demandez un nouveau lien à la personne qui vous a invité.",
    },
    roomIdInvalid: {
      title: "Ce lien ne fonctionne pas",
      message: "Aucune salle ne peut porter ce nom.",
      hint: "Demandez un nouveau lien à la personne qui vous a invité.",
    },
    attributeInvalid: {
      title: "Ce lien ne fonctionne pas",
      message: "Une partie de ce lien est illisible.",
      hint: "Demandez un nouveau lien à la personne qui vous a invité.",
    },
    noNode: {
      title: "Indisponible pour le moment",
      message: "Aucun serveur de réunion ne fonctionne actuellement.",
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
    tokenExpired: {
      title: "Dieser Link ist abgelaufen",
      message: "Er war nur eine begrenzte Zeit gültig, und die ist vorbei.",
      hint: "Bitten Sie um einen neuen Link bei der Person, die Sie eingeladen hat.",
    },
    tokenNotYet: {
      title: "Sie sind früh dran",
      message: "Dieser Link gilt noch nicht.",
      hint: "Versuchen Sie es später noch einmal.",
    },
    tokenInvalid: {
      title: "Dieser Link ist nicht gültig",
      message: "Ungültiges Token.",
      hint: "Bitten Sie um einen neuen Link bei der Person, die Sie eingeladen hat.",
    },
    tokenOtherRoom: {
      title: "Dieser Link ist für einen anderen Raum",
      message: "Sein Token öffnet diesen Raum nicht.",
      hint: "Bitten Sie um einen neuen Link bei der Person, die Sie eingeladen hat.",
    },
    roomIdMissing: {
      title: "Dieser Link funktioniert nicht",
      message: "Er nennt keinen Raum.",
      hint: "Bitten Sie um einen neuen Link bei der Person, die Sie eingeladen hat.",
    },
    roomIdInvalid: {
      title: "Dieser Link funktioniert nicht",
      message: "Einen Raum mit diesem Namen kann es nicht geben.",
      hint: "Bitten Sie um einen neuen Link bei der Person, die Sie eingeladen hat.",
    },
    attributeInvalid: {
      title: "Dieser Link funktioniert nicht",
      message: "Etwas darin ist nicht lesbar.",
      hint: "Bitten Sie um einen neuen Link bei der Person, die Sie eingeladen hat.",
    },
    noNode: {
      title: "Im Moment nicht erreichbar",
      message: "Gerade läuft kein Server für Besprechungen.",
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
    tokenExpired: {
      title: "Dëse Link ass ofgelaf",
      message: "E war nëmmen eng begrenzten Zäit gülteg, an déi ass eriwwer.",
      hint: "Frot déi Persoun, déi Iech invitéiert huet, no engem neie Link.",
    },
    tokenNotYet: {
      title: "Dir sidd fréi drun",
      message: "Dëse Link gëllt nach net.",
      hint: "Probéiert et méi spéit nach eng Kéier.",
    },
    tokenInvalid: {
      title: "Dëse Link ass net gülteg",
      message: "Ongültegen Token.",
      hint: "Frot déi Persoun, déi Iech invitéiert huet, no engem neie Link.",
    },
    tokenOtherRoom: {
      title: "Dëse Link ass fir en anere Raum",
      message: "Säin Token mécht dëse Raum net op.",
      hint: "Frot déi Persoun, déi Iech invitéiert huet, no engem neie Link.",
    },
    roomIdMissing: {
      title: "Dëse Link fonctionéiert net",
      message: "E nennt kee Raum.",
      hint: "Frot déi Persoun, déi Iech invitéiert huet, no engem neie Link.",
    },
    roomIdInvalid: {
      title: "Dëse Link fonctionéiert net",
      message: "E Raum mat dësem Numm kann et net ginn.",
      hint: "Frot déi Persoun, déi Iech invitéiert huet, no engem neie Link.",
    },
    attributeInvalid: {
      title: "Dëse Link fonctionéiert net",
      message: "Eppes dran ass net liesbar.",
      hint: "Frot déi Persoun, déi Iech invitéiert huet, no engem neie Link.",
    },
    noNode: {
      title: "Am Moment net erreechbar",
      message: "Grad leeft kee Server fir Versammlungen.",
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
    tokenExpired: {
      title: "Ссылка больше не действует",
      message: "Ею можно было пользоваться ограниченное время, и оно истекло.",
      hint: "Попросите новую ссылку у того, кто вас пригласил.",
    },
    tokenNotYet: {
      title: "Вы пришли раньше",
      message: "Эта ссылка ещё не действует.",
      hint: "Попробуйте позже.",
    },
    tokenInvalid: {
      title: "Ссылка недействительна",
      message: "Недействительный токен.",
      hint: "Попросите новую ссылку у того, кто вас пригласил.",
    },
    tokenOtherRoom: {
      title: "Эта ссылка для другой комнаты",
      message: "Её токен не открывает эту комнату.",
      hint: "Попросите новую ссылку у того, кто вас пригласил.",
    },
    roomIdMissing: {
      title: "Ссылка не работает",
      message: "В ней не указана комната.",
      hint: "Попросите новую ссылку у того, кто вас пригласил.",
    },
    roomIdInvalid: {
      title: "Ссылка не работает",
      message: "Комнаты с таким названием быть не может.",
      hint: "Попросите новую ссылку у того, кто вас пригласил.",
    },
    attributeInvalid: {
      title: "Ссылка не работает",
      message: "Что-то в ней нельзя прочитать.",
      hint: "Попросите новую ссылку у того, кто вас пригласил.",
    },
    noNode: {
      title: "Сейчас недоступно",
      message: "Ни один сервер встреч сейчас не работает.",
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
