import type { Texts } from './texts.ts';

export const de: Texts = {
  faultPrefix: 'Fehler:',
  username: 'Benutzername',
  verification: {
    title: 'Bestätigen Sie Ihre E-Mail-Adresse',
    lead: 'Jemand hat sich mit Ihrer E-Mail-Adresse angemeldet. Wenn Sie das waren, bestätigen Sie, dass die Adresse Ihnen gehört.',
    signedUp: 'Angemeldet',
    contested:
      'Mit dieser Adresse gibt es mehr als eine Anmeldung. Um diese zu bestätigen, geben Sie das Passwort ein, das dafür gewählt wurde.',
    password: 'Passwort dieser Anmeldung',
    confirm: 'Adresse bestätigen',
    stranger: 'Waren Sie das nicht?',
    strangerLead: 'Dann beenden Sie diese Anmeldung. Niemand kann Ihre Adresse dann noch über sie nutzen.',
    reject: 'Das war ich nicht',
  },
  alreadyVerified: {
    title: 'Ihre E-Mail-Adresse ist bereits bestätigt',
    paragraphs: ['Sie müssen nichts weiter tun. Sie können diese Seite schließen und sich einloggen.'],
  },
  verified: {
    title: 'Ihre E-Mail-Adresse ist bestätigt',
    paragraphs: ['Vielen Dank. Ihr Konto ist bereit. Sie können diese Seite schließen und sich einloggen.'],
  },
  rejected: {
    title: 'Die Anmeldung ist beendet',
    paragraphs: [
      'Danke für den Hinweis. Niemand kann Ihre Adresse noch über diese Anmeldung nutzen.',
      'Sie müssen nichts weiter tun. Sie können diese Seite schließen.',
    ],
  },
  reset: {
    again: {
      title: 'Wählen Sie ein neues Passwort',
      lead: 'Überall sonst werden Sie dabei abgemeldet.',
      button: 'Neues Passwort setzen',
    },
    first: {
      title: 'Wählen Sie ein Passwort',
      lead: 'Damit ist auch bestätigt, dass die E-Mail-Adresse Ihnen gehört.',
      button: 'Passwort setzen',
    },
    account: 'Konto',
    newPassword: 'Neues Passwort',
    hint: 'Mindestens 8 Zeichen. Gut sind ein paar Wörter, die nichts miteinander zu tun haben.',
    confirmNewPassword: 'Dasselbe Passwort noch einmal',
  },
  resetDone: {
    again: {
      title: 'Ihr Passwort ist geändert',
      paragraphs: [
        'Sie sind jetzt überall abgemeldet. Sie können diese Seite schließen und sich mit dem neuen Passwort einloggen.',
      ],
    },
    first: {
      title: 'Ihr Konto ist bereit',
      paragraphs: [
        'Ihre E-Mail-Adresse ist bestätigt und Ihr Passwort gesetzt. Sie können diese Seite schließen und sich einloggen.',
      ],
    },
  },
  requested: {
    verification: {
      title: 'Sehen Sie in Ihr Postfach',
      paragraphs: [
        'Falls zu dieser Adresse ein Konto auf seine Bestätigung wartet, ist eine Nachricht mit einem neuen Link unterwegs.',
        'Das kann einige Minuten dauern. Wenn Sie nichts finden, sehen Sie auch im Spam-Ordner nach.',
      ],
    },
    'password-reset': {
      title: 'Sehen Sie in Ihr Postfach',
      paragraphs: [
        'Falls es zu dieser Adresse ein Konto gibt, ist eine Nachricht mit einem Link für ein neues Passwort unterwegs.',
        'Das kann einige Minuten dauern. Wenn Sie nichts finden, sehen Sie auch im Spam-Ordner nach.',
      ],
    },
  },
  deadLink: {
    title: { expired: 'Dieser Link ist abgelaufen', invalid: 'Dieser Link funktioniert nicht' },
    reason: {
      expired: 'Links gelten nur eine Zeit lang, damit Ihr Konto sicher bleibt.',
      invalid: 'Er wurde schon benutzt, durch einen neueren ersetzt oder unterwegs abgeschnitten.',
    },
    renew: {
      verification:
        'Geben Sie Ihre E-Mail-Adresse ein, und wir senden Ihnen einen neuen Link, um Ihre Anmeldung abzuschließen.',
      'password-reset':
        'Geben Sie Ihre E-Mail-Adresse ein, und wir senden Ihnen einen neuen Link, um ein Passwort zu wählen.',
    },
    email: 'E-Mail-Adresse',
    send: 'Neuen Link senden',
  },
  faults: {
    passwords_do_not_match: 'Die beiden Passwörter sind nicht gleich. Geben Sie sie noch einmal ein.',
    too_short: 'Dieses Passwort ist zu kurz. Wählen Sie eines mit mindestens 8 Zeichen.',
    too_long: 'Dieses Passwort ist zu lang. Wählen Sie eines mit höchstens 128 Zeichen.',
    own_words: 'Das Passwort darf weder Ihre E-Mail-Adresse noch Ihr Benutzername sein.',
    common: 'Das ist eines der häufigsten Passwörter. Wählen Sie ein anderes.',
    password_required:
      'Das Passwort dieser Anmeldung wird gebraucht. Prüfen Sie, ob es das dafür gewählte ist.',
  },
  problems: {
    validation_failed: {
      title: 'Etwas fehlt oder ist nicht richtig',
      paragraphs: ['Gehen Sie zurück, prüfen Sie Ihre Eingaben, und versuchen Sie es noch einmal.'],
    },
    unauthenticated: {
      title: 'Sie sind nicht eingeloggt',
      paragraphs: ['Loggen Sie sich ein, und versuchen Sie es noch einmal.'],
    },
    insufficient_permission: {
      title: 'Das dürfen Sie nicht',
      paragraphs: ['Ihrem Konto fehlt die nötige Berechtigung.'],
    },
    not_found: {
      title: 'Hier ist nichts',
      paragraphs: ['Prüfen Sie den Link, der Sie hierher geführt hat.'],
    },
    method_not_allowed: {
      title: 'Das geht hier nicht',
      paragraphs: ['Öffnen Sie den Link in Ihrer Nachricht noch einmal, und machen Sie dort weiter.'],
    },
    conflict: {
      title: 'Inzwischen hat sich etwas geändert',
      paragraphs: [
        'Öffnen Sie den Link in Ihrer Nachricht noch einmal. Wenn er nicht mehr funktioniert, fordern Sie einen neuen an.',
      ],
    },
    payload_too_large: {
      title: 'Das war zu viel Text',
      paragraphs: ['Gehen Sie zurück, kürzen Sie Ihre Eingaben, und versuchen Sie es noch einmal.'],
    },
    unsupported_media_type: {
      title: 'Dieses Formular lässt sich nicht lesen',
      paragraphs: ['Öffnen Sie den Link in Ihrer Nachricht noch einmal, und machen Sie dort weiter.'],
    },
    rate_limited: {
      title: 'Zu viele Versuche',
      paragraphs: ['Damit Konten sicher bleiben, geht das in kurzer Zeit nur wenige Male.'],
    },
    internal: {
      title: 'Etwas ist schiefgegangen',
      paragraphs: [
        'Der Fehler liegt bei uns und wurde festgehalten. Versuchen Sie es in ein paar Minuten noch einmal.',
      ],
    },
    unavailable: {
      title: 'Das geht gerade nicht',
      paragraphs: [
        'Der Fehler liegt bei uns. Versuchen Sie es in ein paar Minuten noch einmal; Ihr Link bleibt, wie er ist.',
      ],
    },
  },
  tryAgainIn: (wait) => `Versuchen Sie es in ${wait} noch einmal.`,
};
