import type { Messages } from './messages.ts'

export const fr: Messages = {
  name: 'Français',
  locale: 'fr',
  direction: 'ltr',

  invoice: (invoice) => `Facture ${invoice}`,
  testMode: 'Essai : aucun argent réel n’est déplacé',
  footer: 'Sécurisé par Lango. Votre code PIN est demandé sur votre téléphone uniquement, jamais sur cette page.',
  language: 'Langue',
  backTo: (shop) => `Retour à ${shop}`,

  form: {
    title: (shop) => `Payer ${shop}`,
    titleWrong: (shop) => `À vérifier : payer ${shop}`,
    heading: 'Payer par mobile money',
    intro: 'Votre téléphone vous demandera de confirmer avec votre code PIN.',
    number: 'Numéro mobile money',
    hintHome: (country) =>
      `Un numéro de ce pays (${country}) tel que vous le composez, ou tout numéro avec + et l’indicatif du pays.`,
    hintAny: 'Avec + et l’indicatif du pays.',
    network: 'Réseau',
    byNumber: 'Le trouver par mon numéro',
    pay: (amount) => `Payer ${amount}`,
    paying: 'Un instant…',
    closed: 'Indisponible en ce moment',
    between: (least, most) => `Accepte de ${least} à ${most}`,
    wholeOnly: 'N’accepte que des montants entiers',
    code: 'Code de paiement',
    codeHint: 'Ce réseau vous donne d’abord un code. Demandez-le pour ce montant exact, puis écrivez-le ici.',
    codeDial: 'Obtenir le code : composez',
    allClosed: 'Aucun réseau ne peut prendre ce paiement en ce moment. Rien n’a été débité. Réessayez plus tard.',
    validFor: (time) => `Ce lien est encore valable ${time}.`,
  },
  wrong: {
    number: 'Ceci ne semble pas être un numéro mobile money. Vérifiez les chiffres.',
    network: 'Choisissez votre réseau.',
    networkOfNumber: 'Ce numéro n’est pas du réseau choisi. Vérifiez les deux.',
    closed: (network) =>
      `${network} ne prend pas de paiements en ce moment. Choisissez un autre réseau ou réessayez plus tard.`,
    amount: (network) => `${network} ne prend pas ce montant. Choisissez un autre réseau.`,
    code: 'Écrivez le code de paiement que votre réseau vous a donné : lettres et chiffres seulement.',
  },

  waiting: {
    title: (shop) => `En attente : ${shop}`,
    heading: 'Confirmez sur votre téléphone',
    prompt: (network, phone) => `${network} demande votre code PIN sur le ${phone}. Entrez-le là pour payer.`,
    shownAs: (name) => `Sur le téléphone, la demande vient de « ${name} ».`,
    unsureHeading: 'Nous interrogeons votre réseau',
    unsure:
      'Votre réseau n’a pas encore répondu. Ne payez pas à nouveau : si votre téléphone demande votre code PIN, vous pouvez confirmer.',
    codeSent: (network) => `${network} a reçu votre code et le vérifie.`,
    otpHeading: 'Saisissez le code ici',
    otp: (network) =>
      `${network} vous donne un code pour ce paiement : par message, ou quand vous le demandez par un appel. Saisissez-le ici pour payer.`,
    otpSend: 'Envoyer le code',
    otpExhaustedHeading: 'Trop de codes',
    otpExhausted: 'Trop de codes ont été essayés pour ce paiement. Demandez à la boutique comment continuer.',
    redirectHeading: (network) => `Confirmez avec ${network}`,
    redirect: (network) => `Continuez sur la page de ${network} et confirmez-y. Vous reviendrez ensuite ici.`,
    redirectSoon: (network) => `${network} prépare sa page. Cela prend quelques secondes.`,
    goOn: (network) => `Continuer avec ${network}`,
    since: 'Temps écoulé :',
    usual: 'La plupart des paiements prennent moins d’une minute, certains quelques minutes.',
    slow: 'Cela prend plus de temps que d’habitude. Votre réseau ne nous a encore rien dit.',
    verySlow:
      'Votre réseau ne nous a encore rien dit. Nous continuons à l’interroger : vous n’avez pas besoin d’attendre ici.',
    nothing: 'Rien sur votre téléphone ?',
    reviveDial: (network) => `Demandez-le vous-même à ${network} :`,
    reviveNone: (network) =>
      `Vérifiez que le téléphone est allumé et capte, puis cherchez les approbations en attente dans le menu de ${network}.`,
    call: (code) => `Composer ${code}`,
    close: 'Vous pouvez fermer cette page : le paiement continue, et ce lien montrera comment il s’est terminé.',
    again: 'Vérifier maintenant',
    offline:
      'Vous êtes hors ligne. Le paiement continue sans cette page. Nous vérifierons dès que vous serez de retour.',
  },
  paid: {
    title: (shop) => `Payé : ${shop}`,
    heading: 'Payé',
    told: (shop) => `Merci. ${shop} est informé. Vous pouvez fermer cette page.`,
    telling: (shop) => `Merci. Nous informons ${shop}. Vous pouvez fermer cette page.`,
    refunded: (amount) => `Remboursé : ${amount}.`,
    receipt: 'Reçu',
  },
  failed: {
    title: (shop) => `Non payé : ${shop}`,
    heading: 'Non payé',
    nothingTaken: 'Aucun argent n’a été pris.',
    again: 'Réessayer',
    expired: (shop) => `Ce lien de paiement a expiré. Demandez-en un nouveau à ${shop}.`,
    reasons: {
      notApproved: [
        'Le paiement n’a pas été confirmé à temps sur le téléphone.',
        'Gardez le téléphone déverrouillé près de vous, puis réessayez et entrez votre code PIN quand il le demande.',
      ],
      wrongCode: [
        'Le réseau n’a pas accepté le code de paiement.',
        'Demandez un nouveau code pour ce montant exact, puis réessayez. Chaque code sert une fois, pendant peu de temps.',
      ],
      noMoney: [
        'Il n’y a pas assez d’argent dans le portefeuille.',
        'Rechargez-le, frais compris, ou payez avec un autre numéro.',
      ],
      noWallet: [
        'Ce numéro n’a pas de portefeuille chez le réseau choisi.',
        'Vérifiez le numéro, ou choisissez le réseau où il est inscrit.',
      ],
      limit: [
        'Le portefeuille a atteint une limite de son réseau.',
        'Payez avec un autre numéro, ou demandez votre limite à votre réseau.',
      ],
      anotherWaiting: [
        'Un autre paiement attend encore sur ce téléphone.',
        'Confirmez-le ou annulez-le sur le téléphone, ou attendez dix minutes. Puis réessayez.',
      ],
      amount: ['Le réseau ne prend pas ce montant.', 'Choisissez un autre réseau, ou demandez au commerçant.'],
      number: ['Le réseau ne connaît pas ce numéro.', 'Vérifiez le numéro et le réseau, puis réessayez.'],
      closed: [
        'Le réseau n’est pas disponible en ce moment.',
        'Réessayez dans quelques minutes, ou choisissez un autre réseau.',
      ],
      tooLate: ['Le paiement n’a pas été terminé à temps.', 'Vous pouvez réessayer maintenant.'],
      notSent: ['Le paiement n’est jamais arrivé au réseau.', 'Vous pouvez réessayer maintenant.'],
      shopCannot: [
        'Le commerçant ne peut pas prendre ce paiement en ce moment.',
        'Réessayez plus tard, choisissez un autre réseau, ou demandez au commerçant.',
      ],
      other: ['Le réseau a signalé l’échec du paiement.', 'Réessayez, ou payez avec un autre numéro.'],
    },
  },
  review: {
    title: (shop) => `En vérification : ${shop}`,
    heading: 'Votre paiement est en cours de vérification',
    text: (shop) =>
      `Une personne s’en occupe. Ne payez pas à nouveau. ${shop} peut vous en dire plus avec la référence ci-dessous.`,
  },
  otherPrice: {
    title: (shop) => `Lien inutilisable : ${shop}`,
    heading: 'Ce lien de paiement ne peut plus servir',
    text: (shop) =>
      `Le paiement de cette commande a commencé à un autre prix : il ne peut pas se faire ici. Demandez un nouveau lien à ${shop}.`,
  },
  expired: {
    title: (shop) => `Expiré : ${shop}`,
    heading: 'Ce lien de paiement a expiré',
    text: (shop) => `Rien n’a été payé. Demandez un nouveau lien à ${shop}.`,
  },
  receipt: {
    title: (shop) => `Reçu : ${shop}`,
    heading: 'Reçu',
    date: 'Payé le',
    amount: 'Montant',
    shop: 'Payé à',
    back: 'Retour au paiement',
  },
  details: { phone: 'Téléphone', network: 'Réseau', invoice: 'Facture', reference: 'Référence' },
  sorry: {
    notFoundTitle: 'Introuvable',
    notFound: 'Ce lien de paiement n’existe pas',
    notFoundText: 'Il a peut-être été coupé en le copiant. Rouvrez-le depuis le message où vous l’avez reçu.',
    againTitle: 'Veuillez réessayer',
    unavailable: 'Nous ne pouvons pas afficher ceci maintenant',
    unavailableText: 'Un paiement commencé continue, et ce lien ne vous débite jamais deux fois.',
    busy: 'Un instant, s’il vous plaît',
    busyText:
      'Il y a trop de paiements en ce moment, et celui-ci n’a pas commencé. Rien n’a été débité. Réessayez dans une minute.',
    unreadable: 'Ce formulaire n’a pas pu être lu',
    foreign: 'Ce formulaire vient d’une autre page',
    foreignText: 'Rien n’a été envoyé. Ouvrez le lien de paiement et payez depuis là.',
    back: 'Retour au paiement',
  },
}
