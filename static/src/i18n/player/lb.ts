// Lëtzebuergesch.

import type { Messages } from "./en";

const lb: Messages = {
  "message.pending.title": "De Video gëtt grad gemaach",
  "message.pending.message":
    "Dat dauert no engem Meeting e puer Minutten. E gëtt hei ofgespillt, soubal e fäerdeg ass.",
  "message.failed.title": "Et gëtt kee Video",
  "message.failed.message":
    "Aus der Opnam konnt kee Video gemaach ginn. Wien Iech de Link ginn huet, kann de Grond gesinn.",
  "message.notFound.title": "Hei gëtt et näischt ze gesinn",
  "message.notFound.message":
    "Ënner dëser Adress ass keng Opnam, oder nëmme wien ageloggt ass, däerf se kucken.",
  "message.expired.title": "Dëse Link ass ofgelaf",
  "message.expired.message": "Frot deen no engem neien, deen Iech e geschéckt huet.",
  "message.deleted.title": "Dës Opnam ass geläscht",
  "message.deleted.message": "Een, deen dat däerf, huet se geläscht.",
  "player.label": "Video",
  "player.play": "Ofspillen",
  "player.pause": "Paus",
  "player.seek": "Plaz am Video",
  "player.at": "{time} vun {all}",
  "player.mute": "Toun aus",
  "player.volume": "Lautstäerkt",
  "player.speed": "Vitess",
  "player.language": "Sprooch",
  "player.original": "Original",
  "player.quality": "Qualitéit",
  "player.automatic": "Automatesch",
  "player.automaticHeight": "Automatesch ({height}p)",
  "player.fullscreen": "Vollbild",
  "player.fullscreenEnd": "Vollbild verloossen",
  "player.pictureInPicture": "Bild am Bild",
  "player.chapters": "Kapitelen",
  "player.close": "Zoumaachen",
  "player.loading": "Gëtt gelueden",
  "player.progress": "{percent} % fäerdeg",
  "player.broken": "De Video kann am Moment net geluede ginn.",
  "player.again": "Nach eng Kéier probéieren",
  "page.logIn": "Aloggen",
  "page.all": "All Opnamen",
  "page.before": "Den Deel virdrun",
  "page.after": "Den Deel duerno",
  "page.download": "Eroflueden",
  "chapter.start": "Ufank",
  "chapter.joined": { one: "{names} kënnt dobäi", other: "{names} kommen dobäi" },
  "chapter.left": { one: "{names} geet", other: "{names} ginn" },
  "chapter.shares": "{name} deelt en Ecran",
  "chapter.sharesNoMore": "{name} deelt keen Ecran méi",
  "chapter.and": "{names} an {last}",
  "chapter.others": "{count} anerer",
};

export default lb;
