import type { Texts } from './texts.ts';

export const de: Texts = {
  faultPrefix: 'Fehler:',
  username: 'Benutzername',
  verification: {
    title: 'Bestätigen Sie Ihre E-Mail-Adresse',
    lead: 'Jemand hat sich mit Ihrer E-Mail-Adresse registriert. Wenn Sie das waren, bestätigen Sie, dass die Adresse Ihnen gehört.',
    signedUp: 'Registriert',
    passwordLead: 'Geben Sie das Passwort ein, das Sie bei der Registrierung gewählt haben.',
    password: 'Passwort',
    confirm: 'E-Mail-Adresse bestätigen',
    choose: 'Stattdessen ein neues Passwort wählen',
    chooseLead:
      'Wenn Sie das Passwort vergessen oder nicht selbst gewählt haben, wählen Sie ein neues. Es ersetzt das alte, und wer damit eingeloggt ist, wird ausgeloggt.',
    chooseAndConfirm: 'Passwort festlegen und bestätigen',
    stranger: 'Waren Sie das nicht?',
    strangerLead:
      'Dann brechen Sie diese Registrierung ab. Niemand kann Ihre Adresse dann noch darüber nutzen.',
    reject: 'Das war ich nicht',
  },
  rejection: {
    title: 'Diese Registrierung abbrechen?',
    lead: 'Das Konto wird geschlossen, und die Links in unseren E-Mails funktionieren nicht mehr. Das lässt sich nicht rückgängig machen.',
    confirm: 'Ja, Registrierung abbrechen',
    back: 'Zurück',
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
    title: 'Die Registrierung wurde abgebrochen',
    paragraphs: [
      'Danke für den Hinweis. Niemand kann Ihre Adresse über diese Registrierung nutzen.',
      'Sie müssen nichts weiter tun. Sie können diese Seite schließen.',
    ],
  },
  reset: {
    again: {
      title: 'Wählen Sie ein neues Passwort',
      lead: 'Sie werden dabei überall sonst ausgeloggt.',
      button: 'Neues Passwort festlegen',
    },
    first: {
      title: 'Wählen Sie ein Passwort',
      lead: 'Damit ist auch bestätigt, dass die E-Mail-Adresse Ihnen gehört.',
      button: 'Passwort festlegen',
    },
    account: 'Konto',
    newPassword: 'Neues Passwort',
    hint: 'Mindestens 8 Zeichen. Gut sind mehrere Wörter, die nichts miteinander zu tun haben.',
    confirmNewPassword: 'Neues Passwort wiederholen',
  },
  resetDone: {
    again: {
      title: 'Ihr Passwort ist geändert',
      paragraphs: [
        'Sie wurden überall ausgeloggt. Sie können diese Seite schließen und sich mit dem neuen Passwort einloggen.',
      ],
    },
    first: {
      title: 'Ihr Konto ist bereit',
      paragraphs: [
        'Ihre E-Mail-Adresse ist bestätigt und Ihr Passwort festgelegt. Sie können diese Seite schließen und sich einloggen.',
      ],
    },
  },
  requested: {
    verification: {
      title: 'Prüfen Sie Ihr Postfach',
      paragraphs: [
        'Falls es zu dieser Adresse ein unbestätigtes Konto gibt, ist eine E-Mail mit einem neuen Link unterwegs.',
        'Das kann einige Minuten dauern. Sehen Sie auch im Spam-Ordner nach.',
      ],
    },
    'password-reset': {
      title: 'Prüfen Sie Ihr Postfach',
      paragraphs: [
        'Falls es zu dieser Adresse ein Konto gibt, ist eine E-Mail mit einem Link für ein neues Passwort unterwegs.',
        'Das kann einige Minuten dauern. Sehen Sie auch im Spam-Ordner nach.',
      ],
    },
  },
  deadLink: {
    title: { expired: 'Dieser Link ist abgelaufen', invalid: 'Dieser Link ist ungültig' },
    reason: {
      expired: 'Links gelten nur für begrenzte Zeit, damit Ihr Konto sicher bleibt.',
      invalid:
        'Möglicherweise wurde er bereits benutzt, durch einen neueren ersetzt oder unvollständig kopiert.',
    },
    renew: {
      verification:
        'Geben Sie Ihre E-Mail-Adresse ein, und wir senden Ihnen einen neuen Link, um Ihre Registrierung abzuschließen.',
      'password-reset':
        'Geben Sie Ihre E-Mail-Adresse ein, und wir senden Ihnen einen neuen Link, um ein Passwort zu wählen.',
    },
    email: 'E-Mail-Adresse',
    send: 'Neuen Link senden',
  },
  faults: {
    passwords_do_not_match: 'Die Passwörter stimmen nicht überein. Versuchen Sie es noch einmal.',
    too_short: 'Dieses Passwort ist zu kurz. Wählen Sie eines mit mindestens 8 Zeichen.',
    too_long: 'Dieses Passwort ist zu lang. Wählen Sie eines mit höchstens 128 Zeichen.',
    own_words: 'Das Passwort darf weder Ihre E-Mail-Adresse noch Ihr Benutzername sein.',
    common: 'Das ist eines der häufigsten Passwörter. Wählen Sie ein anderes.',
    password_required: 'Falsches Passwort. Versuchen Sie es noch einmal, oder wählen Sie unten ein neues.',
  },
  problems: {
    validation_failed: {
      title: 'Etwas fehlt oder ist falsch',
      paragraphs: ['Gehen Sie zurück, prüfen Sie Ihre Eingaben, und versuchen Sie es noch einmal.'],
    },
    unauthenticated: {
      title: 'Sie sind nicht angemeldet',
      paragraphs: ['Melden Sie sich an, und versuchen Sie es noch einmal.'],
    },
    insufficient_permission: {
      title: 'Das dürfen Sie nicht',
      paragraphs: ['Ihrem Konto fehlt die nötige Berechtigung.'],
    },
    not_found: {
      title: 'Seite nicht gefunden',
      paragraphs: ['Prüfen Sie den Link, der Sie hierher geführt hat.'],
    },
    method_not_allowed: {
      title: 'Das geht hier nicht',
      paragraphs: ['Öffnen Sie den Link in Ihrer E-Mail noch einmal, und machen Sie dort weiter.'],
    },
    conflict: {
      title: 'Inzwischen hat sich etwas geändert',
      paragraphs: [
        'Öffnen Sie den Link in Ihrer E-Mail noch einmal. Wenn er nicht mehr funktioniert, fordern Sie einen neuen an.',
      ],
    },
    payload_too_large: {
      title: 'Das war zu viel Text',
      paragraphs: ['Gehen Sie zurück, kürzen Sie Ihre Eingaben, und versuchen Sie es noch einmal.'],
    },
    unsupported_media_type: {
      title: 'Dieses Formular lässt sich nicht lesen',
      paragraphs: ['Öffnen Sie den Link in Ihrer E-Mail noch einmal, und machen Sie dort weiter.'],
    },
    rate_limited: {
      title: 'Zu viele Versuche',
      paragraphs: ['Damit Konten sicher bleiben, ist die Zahl der Versuche begrenzt.'],
    },
    internal: {
      title: 'Etwas ist schiefgegangen',
      paragraphs: [
        'Der Fehler liegt bei uns und wurde protokolliert. Versuchen Sie es in ein paar Minuten noch einmal.',
      ],
    },
    unavailable: {
      title: 'Vorübergehend nicht verfügbar',
      paragraphs: [
        'Der Fehler liegt bei uns. Versuchen Sie es in ein paar Minuten noch einmal; Ihr Link bleibt gültig.',
      ],
    },
  },
  tryAgainIn: (wait) => `Versuchen Sie es in ${wait} noch einmal.`,
};
