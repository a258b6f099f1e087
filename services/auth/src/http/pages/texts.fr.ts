import type { PageTranslation } from './texts.ts';

export const frenchPageTexts: PageTranslation = {
  faultPrefix: 'Erreur :',
  username: 'Nom d’utilisateur',
  showPassword: 'Afficher',
  hidePassword: 'Masquer',
  onward: 'Continuer vers {brand}',
  startPage: 'Aller à la page d’accueil',
  home: {
    title: '{brand}',
    paragraphs: ['Cette adresse gère les inscriptions, les connexions et les mots de passe de {brand}.'],
    closing: 'Pour vous connecter, ouvrez l’application ou le site lui-même.',
    ask: {
      title: 'Besoin d’un nouveau mot de passe ?',
      lead: 'Saisissez votre adresse e-mail et nous vous enverrons un lien pour en choisir un.',
      send: 'Envoyer un lien',
    },
  },
  verification: {
    title: 'Confirmez votre adresse e-mail',
    lead: 'Quelqu’un s’est inscrit avec votre adresse e-mail. Si c’était vous, confirmez que cette adresse est la vôtre.',
    signedUp: 'Inscription',
    passwordLead: 'Saisissez le mot de passe que vous avez choisi lors de l’inscription.',
    password: 'Mot de passe',
    wrongPassword: 'Mot de passe incorrect. Réessayez, ou choisissez-en un nouveau ci-dessous.',
    confirm: 'Confirmer l’adresse',
    choose: 'Choisir plutôt un nouveau mot de passe',
    chooseLead:
      'Si vous avez oublié le mot de passe, ou si ce n’est pas vous qui l’avez choisi, choisissez-en un nouveau. Il remplace l’ancien et déconnecte tous ceux qui l’ont utilisé.',
    chooseAndConfirm: 'Définir le mot de passe et confirmer l’adresse',
    stranger: 'Ce n’était pas vous ?',
    strangerLead:
      'Annulez cette inscription : plus personne ne pourra s’en servir pour utiliser votre adresse.',
    reject: 'Ce n’était pas moi',
  },
  rejection: {
    title: 'Annuler cette inscription ?',
    lead: 'Le compte sera fermé et les liens de nos e-mails ne fonctionneront plus. Cette action est irréversible.',
    confirm: 'Oui, annuler l’inscription',
    back: 'Retour',
  },
  alreadyVerified: {
    title: 'Votre adresse e-mail est déjà confirmée',
    paragraphs: ['Vous n’avez plus rien à faire.'],
    closing: 'Vous pouvez fermer cette page et vous connecter.',
  },
  verified: {
    title: 'Votre adresse e-mail est confirmée',
    paragraphs: ['Merci. Votre compte est prêt.'],
    closing: 'Vous pouvez fermer cette page et vous connecter.',
  },
  rejected: {
    title: 'L’inscription a été annulée',
    paragraphs: [
      'Merci de nous avoir prévenus. Personne ne peut utiliser votre adresse avec cette inscription.',
      'Vous n’avez rien d’autre à faire. Vous pouvez fermer cette page.',
    ],
  },
  reset: {
    again: {
      title: 'Choisissez un nouveau mot de passe',
      lead: 'Toutes vos sessions seront fermées.',
      button: 'Enregistrer le mot de passe',
    },
    first: {
      title: 'Choisissez un mot de passe',
      lead: 'Cela confirme aussi que cette adresse e-mail est la vôtre.',
      button: 'Enregistrer le mot de passe',
    },
    account: 'Compte',
    newPassword: 'Nouveau mot de passe',
    hint: 'Au moins {min} caractères. Plusieurs mots sans rapport entre eux font un bon mot de passe.',
    confirmNewPassword: 'Répétez le nouveau mot de passe',
  },
  emailChange: {
    title: 'Confirmez votre nouvelle adresse e-mail',
    lead: 'Vous vous connecterez ensuite avec cette adresse. Saisissez le mot de passe de votre compte.',
    newEmail: 'Nouvelle adresse e-mail',
    password: 'Mot de passe',
    confirm: 'Confirmer l’adresse',
  },
  emailChanged: {
    title: 'Votre adresse e-mail a été modifiée',
    paragraphs: [
      'Connectez-vous désormais avec la nouvelle adresse et le même mot de passe.',
      'Nous avons envoyé à votre ancienne adresse un lien qui permet d’annuler la modification pendant 7 jours.',
    ],
    closing: 'Vous pouvez fermer cette page et vous connecter.',
  },
  emailUndo: {
    title: 'Annulez la modification de votre adresse e-mail',
    lead: 'Votre compte retrouvera cette adresse. Choisissez un nouveau mot de passe : toutes les sessions seront fermées et l’ancien mot de passe ne fonctionnera plus.',
    button: 'Récupérer mon compte',
    changedTo: 'Remplacée par',
    ignore: 'Si vous avez modifié l’adresse vous-même, fermez cette page : rien ne changera.',
  },
  emailUndone: {
    title: 'Votre compte a retrouvé son ancienne adresse',
    paragraphs: ['Toutes les sessions ont été fermées.'],
    closing: 'Vous pouvez fermer cette page et vous connecter avec le nouveau mot de passe.',
  },
  resetDone: {
    again: {
      title: 'Votre mot de passe a été modifié',
      paragraphs: ['Toutes vos sessions ont été fermées.'],
      closing: 'Vous pouvez fermer cette page et vous connecter avec le nouveau mot de passe.',
    },
    first: {
      title: 'Votre compte est prêt',
      paragraphs: ['Votre adresse e-mail est confirmée et votre mot de passe est enregistré.'],
      closing: 'Vous pouvez fermer cette page et vous connecter.',
    },
  },
  erasure: {
    title: 'Conserver votre compte ?',
    lead: 'Votre compte est sur le point d’être effacé. Vous pouvez encore le conserver.',
    erasedOn: 'Effacement prévu',
    keep: 'Conserver mon compte',
    ignore:
      'Si vous voulez que le compte soit effacé, vous n’avez rien à faire. Vous pouvez fermer cette page.',
    canceled: {
      title: 'Votre compte est conservé',
      paragraphs: [
        'Il ne sera pas effacé.',
        'Si ni vous ni un administrateur n’avez demandé l’effacement, quelqu’un connaît peut-être votre mot de passe : choisissez-en un nouveau.',
      ],
      closing: 'Vous pouvez fermer cette page et vous reconnecter.',
    },
    dead: {
      title: 'Ce lien ne fonctionne plus',
      paragraphs: [
        'Le compte n’est plus en attente d’effacement, il a déjà été effacé ou un e-mail plus récent a remplacé ce lien. En cas de doute, ouvrez le lien du dernier e-mail.',
      ],
    },
    stillDue:
      'Rien n’a encore changé : votre compte sera effacé à la date indiquée dans l’e-mail, sauf si vous le conservez.',
    newPassword: 'Choisir un nouveau mot de passe',
  },
  requested: {
    verification: {
      title: 'Consultez votre boîte de réception',
      paragraphs: [
        'S’il existe un compte à confirmer pour cette adresse, un e-mail avec un nouveau lien est en route.',
        'Cela peut prendre quelques minutes. Pensez à vérifier vos courriers indésirables.',
      ],
    },
    'password-reset': {
      title: 'Consultez votre boîte de réception',
      paragraphs: [
        'S’il existe un compte pour cette adresse, un e-mail avec un lien pour choisir un mot de passe est en route.',
        'Cela peut prendre quelques minutes. Pensez à vérifier vos courriers indésirables.',
      ],
    },
  },
  deadLink: {
    title: {
      expired: 'Ce lien a expiré',
      invalid: 'Ce lien n’est pas valide',
      incomplete: 'Ce lien est incomplet',
    },
    reason: {
      expired: 'Pour protéger votre compte, les liens ne sont valables qu’un certain temps.',
      invalid: 'Il a peut-être déjà été utilisé, été remplacé par un plus récent ou été mal copié.',
      incomplete: 'Il en manque une partie. Ouvrez-le à nouveau depuis l’e-mail ou copiez l’adresse entière.',
    },
    renew: {
      verification:
        'Si vous avez déjà confirmé votre adresse, connectez-vous simplement. Sinon, saisissez votre adresse e-mail et nous vous enverrons un nouveau lien pour terminer votre inscription.',
      'password-reset':
        'Saisissez votre adresse e-mail et nous vous enverrons un nouveau lien pour choisir un mot de passe.',
      'email-change': 'Connectez-vous et demandez à nouveau la modification de votre adresse.',
      'email-undo':
        'La modification d’une adresse peut être annulée une seule fois, pendant 7 jours. Si quelqu’un d’autre a pris le contrôle de votre compte, contactez notre assistance.',
    },
    email: 'Adresse e-mail',
    request: 'Demander un nouveau lien',
    invalidEmail: 'Saisissez une adresse e-mail valide, par exemple ada@example.com.',
    send: 'Envoyer un nouveau lien',
  },
  faults: {
    passwords_do_not_match: 'Les mots de passe ne correspondent pas. Réessayez.',
    too_short: 'Ce mot de passe est trop court. Choisissez-en un d’au moins {min} caractères.',
    too_long: 'Ce mot de passe est trop long. Choisissez-en un d’au plus 128 caractères.',
    own_words:
      'Le mot de passe ne doit pas être formé de votre adresse e-mail, de votre nom d’utilisateur, de votre nom ou du nom de ce service. Préférez plusieurs mots sans rapport entre eux.',
    common:
      'Ce mot de passe est l’un des plus courants, ou il y ressemble. Préférez plusieurs mots sans rapport entre eux.',
    repeated:
      'Ce mot de passe répète les mêmes caractères ou les mêmes mots. Préférez plusieurs mots sans rapport entre eux.',
    sequence:
      'Ce mot de passe est une suite, comme abcd ou 1234, ou une date. Préférez plusieurs mots sans rapport entre eux.',
    guessable: 'Ce mot de passe est facile à deviner. Allongez-le, par exemple avec un mot de plus.',
    breached:
      'Ce mot de passe figure dans une fuite de données. Choisissez-en un que vous n’avez jamais utilisé ailleurs.',
    password_incorrect: 'Mot de passe incorrect. Réessayez.',
  },
  problems: {
    validation_failed: {
      title: 'Une information manque ou est incorrecte',
      paragraphs: ['Revenez en arrière, vérifiez votre saisie et réessayez.'],
    },
    unauthenticated: { title: 'Vous devez vous connecter', paragraphs: ['Connectez-vous, puis réessayez.'] },
    insufficient_permission: {
      title: 'Vous n’y êtes pas autorisé',
      paragraphs: ['Votre compte n’a pas les droits nécessaires.'],
    },
    not_found: { title: 'Page introuvable', paragraphs: ['Vérifiez le lien qui vous a mené ici.'] },
    method_not_allowed: {
      title: 'Cela ne fonctionne pas ici',
      paragraphs: ['Ouvrez à nouveau le lien de votre e-mail et reprenez à partir de là.'],
    },
    conflict: {
      title: 'Quelque chose a changé entre-temps',
      paragraphs: [
        'Ouvrez à nouveau le lien de votre e-mail. S’il ne fonctionne plus, demandez-en un nouveau.',
      ],
    },
    payload_too_large: {
      title: 'Le texte est trop long',
      paragraphs: ['Revenez en arrière, raccourcissez votre saisie et réessayez.'],
    },
    unsupported_media_type: {
      title: 'Ce formulaire est illisible',
      paragraphs: ['Ouvrez à nouveau le lien de votre e-mail et reprenez à partir de là.'],
    },
    rate_limited: {
      title: 'Trop de tentatives',
      paragraphs: ['Pour protéger les comptes, le nombre de tentatives est limité.'],
    },
    internal: {
      title: 'Une erreur s’est produite',
      paragraphs: ['Elle vient de nous et a été enregistrée. Réessayez dans quelques minutes.'],
    },
    unavailable: {
      title: 'Temporairement indisponible',
      paragraphs: ['Le problème vient de nous. Réessayez dans quelques minutes ; votre lien reste valable.'],
    },
  },
  tryAgainIn: (wait) => `Réessayez dans ${wait}.`,
};
