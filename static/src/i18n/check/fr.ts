// Français.

import type { Messages } from "./en";

const fr: Messages = {
  "page.title": "Vérifier avant une réunion",
  "page.intro":
    "Cela prend moins d’une minute. Personne ne vous voit ni ne vous entend, et rien n’est conservé.",
  "page.start": "Commencer",
  "page.again": "Tout vérifier de nouveau",
  "page.back": "Retour à la réunion",
  "page.report": "Rapport pour qui vous aide",
  "page.copy": "Copier",
  "page.copied": "Copié",
  "page.steps": "Étapes",
  "page.sandboxed":
    "Ce cadre est trop isolé : la page qui l’entoure doit ajouter allow-same-origin à l’attribut sandbox de l’iframe.",
  "step.camera": "Caméra",
  "step.microphone": "Micro",
  "step.speakers": "Haut-parleurs",
  "step.connection": "Chemin vers le serveur",
  "step.bandwidth": "Débit",
  "state.waiting": "Pas encore vérifié",
  "state.skipped": "Ignoré",
  "state.ok": "Fonctionne",
  "state.problem": "Présente un problème, voir ci-dessus",
  "state.failed": "N’a pas fonctionné",
  "running.camera": "Autorisez la caméra si le navigateur le demande, et regardez l’image.",
  "running.microphone": "Autorisez le micro si le navigateur le demande, et dites quelque chose.",
  "running.speakers": "Trois notes sont jouées. Les entendez-vous ?",
  "running.connection": "Recherche d’un chemin vers le serveur…",
  "running.up": "Envoi d’une image pendant cinq secondes…",
  "running.down": "Réception pendant cinq secondes…",
  "found.direct": "Direct, par {protocol} ; {ms} ms aller-retour",
  "found.relayed": "Par un relais, en {protocol} ; {ms} ms aller-retour",
  "found.rates": "{up} Mbit/s en envoi, {down} Mbit/s en réception ; on ne teste pas plus de {most}",
  "action.again": "Vérifier de nouveau",
  "action.skip": "Passer",
  "action.yes": "Oui",
  "action.no": "Non",
  "action.play": "Rejouer",
  "verdict.hd": "Les appels vidéo en HD fonctionneront",
  "verdict.video": "Les appels vidéo fonctionneront, avec des images plus petites",
  "verdict.audio": "Le son fonctionnera, les images s’arrêteront souvent",
  "verdict.nothing": "Les réunions ne fonctionneront pas sur ce réseau",
  "verdict.devices": "Le réseau est bon, un appareil pas encore",
  "verdict.unknown": "Le réseau n’a pas été mesuré",
  "verdict.noProblems": "Rien ne s’y oppose.",
  "verdict.problems": "Ce qui gêne, et ce qui aide :",
  "problem.camera.denied": "Le navigateur bloque la caméra",
  "problem.camera.missing": "Aucune caméra trouvée",
  "problem.camera.busy": "La caméra est déjà utilisée",
  "problem.camera.insecure": "Cette page ne peut pas utiliser la caméra",
  "problem.camera.failed": "La caméra n’a pas démarré",
  "problem.microphone.denied": "Le navigateur bloque le micro",
  "problem.microphone.missing": "Aucun micro trouvé",
  "problem.microphone.busy": "Le micro est déjà utilisé",
  "problem.microphone.insecure": "Cette page ne peut pas utiliser le micro",
  "problem.microphone.failed": "Le micro n’a pas démarré",
  "problem.microphone.silent": "Le micro n’entend rien",
  "problem.speakers.notHeard": "Vous n’entendez pas le son",
  "problem.signalling": "Le serveur est injoignable",
  "problem.udp": "Le son et l’image ne passent pas",
  "problem.busy": "Le serveur ne peut pas mesurer en ce moment",
  "problem.slow": "Le réseau est trop lent pour l’image",
  "problem.slowUp": "Votre débit d’envoi est trop faible pour la HD",
  "problem.slowDown": "Votre débit de réception est trop faible pour la HD",
  "problem.loss": "Le réseau perd des données",
  "problem.delay": "Le délai est long : on se coupera la parole",
  "remedy.denied": "Autorisez l’accès avec l’icône à côté de l’adresse, puis vérifiez de nouveau.",
  "remedy.frame": 'La page qui contient celle-ci doit ajouter allow="{allow}" à son iframe.',
  "remedy.missing": "Branchez-en un, puis vérifiez de nouveau.",
  "remedy.busyDevice": "Fermez l’autre programme ou l’autre onglet qui l’utilise, puis vérifiez de nouveau.",
  "remedy.insecure":
    "Les navigateurs ne l’autorisent qu’aux adresses qui commencent par https://. Demandez un lien de ce type.",
  "remedy.failed": "Débranchez-le et rebranchez-le, puis vérifiez de nouveau.",
  "remedy.silent":
    "Cherchez un interrupteur sur l’appareil et son volume dans les réglages du système ; vérifiez de nouveau et dites quelque chose.",
  "remedy.notHeard":
    "Augmentez le volume et regardez quels haut-parleurs le système utilise, puis vérifiez de nouveau.",
  "remedy.signalling":
    "Regardez si d’autres pages se chargent. Si oui, un proxy ou un pare-feu bloque les WebSockets : demandez à qui gère le réseau.",
  "remedy.udp":
    "Un pare-feu bloque l’UDP vers {target}. Demandez à qui gère le réseau de l’autoriser, ou utilisez un autre réseau, comme celui d’un téléphone.",
  "remedy.busy":
    "Trop de gens vérifient en ce moment, ou votre réseau l’a fait souvent. Réessayez dans quelques minutes ; les réunions ne sont pas concernées.",
  "remedy.slow":
    "Rapprochez-vous du routeur Wi-Fi ou utilisez un câble, et arrêtez les téléchargements et les autres appels.",
  "remedy.slowUp":
    "Arrêtez les envois, comme les sauvegardes, et utilisez un câble si possible. Les autres vous voient en plus petit ; vous les voyez bien.",
  "remedy.slowDown":
    "Arrêtez les téléchargements et les films sur votre réseau, et utilisez un câble si possible.",
  "remedy.loss": "Rapprochez-vous du routeur Wi-Fi ou utilisez un câble.",
  "remedy.delay": "Désactivez le VPN si vous en utilisez un, et arrêtez les téléchargements.",
};

export default fr;
