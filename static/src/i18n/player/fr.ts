// Français.

import type { Messages } from "./en";

const fr: Messages = {
  "message.pending.title": "La vidéo est en préparation",
  "message.pending.message":
    "Cela prend quelques minutes après une réunion. Elle sera lue ici dès qu’elle sera prête.",
  "message.failed.title": "Il n’y a pas de vidéo",
  "message.failed.message":
    "L’enregistrement n’a pas pu être transformé en vidéo. La personne qui vous a donné le lien peut en voir la raison.",
  "message.notFound.title": "Rien à regarder ici",
  "message.notFound.message":
    "Il n’y a pas d’enregistrement à cette adresse, ou seules les personnes connectées peuvent le regarder.",
  "message.expired.title": "Ce lien a expiré",
  "message.expired.message": "Demandez-en un nouveau à la personne qui vous l’a envoyé.",
  "message.deleted.title": "Cet enregistrement est supprimé",
  "message.deleted.message": "Une personne qui en a le droit l’a supprimé.",
  "player.label": "Vidéo",
  "player.play": "Lire",
  "player.pause": "Pause",
  "player.seek": "Position dans la vidéo",
  "player.at": "{time} sur {all}",
  "player.mute": "Couper le son",
  "player.volume": "Volume",
  "player.speed": "Vitesse",
  "player.language": "Langue",
  "player.original": "Original",
  "player.quality": "Qualité",
  "player.automatic": "Automatique",
  "player.automaticHeight": "Automatique ({height}p)",
  "player.fullscreen": "Plein écran",
  "player.fullscreenEnd": "Quitter le plein écran",
  "player.pictureInPicture": "Image dans l’image",
  "player.chapters": "Chapitres",
  "player.close": "Fermer",
  "player.loading": "Chargement",
  "player.progress": "{percent} % terminés",
  "player.broken": "La vidéo ne peut pas être chargée pour le moment.",
  "player.again": "Réessayer",
  "page.logIn": "Se connecter",
  "page.all": "Tous les enregistrements",
  "page.before": "La partie précédente",
  "page.after": "La partie suivante",
  "page.download": "Télécharger",
  "chapter.start": "Début",
  "chapter.joined": { one: "Arrivée de {names}", other: "Arrivée de {names}" },
  "chapter.left": { one: "Départ de {names}", other: "Départ de {names}" },
  "chapter.shares": "{name} partage un écran",
  "chapter.sharesNoMore": "{name} ne partage plus d’écran",
  "chapter.and": "{names} et {last}",
  "chapter.others": "{count} autres",
};

export default fr;
