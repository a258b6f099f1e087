import type { PageTexts } from './texts.ts';

export const germanPageTexts: PageTexts = {
  faultPrefix: 'Fehler:',
  username: 'Benutzername',
  showPassword: 'Anzeigen',
  hidePassword: 'Verbergen',
  onward: 'Weiter zu {brand}',
  startPage: 'Zur Startseite',
  home: {
    title: '{brand}',
    paragraphs: ['Unter dieser Adresse laufen Registrierung, Login und Passwörter von {brand}.'],
    closing: 'Zum Einloggen öffnen Sie die App oder Website selbst.',
    ask: {
      title: 'Brauchen Sie ein neues Passwort?',
      lead: 'Geben Sie Ihre E-Mail-Adresse ein, und wir senden Ihnen einen Link, um eines zu wählen.',
      send: 'Link senden',
    },
  },
  verification: {
    title: 'Bestätigen Sie Ihre E-Mail-Adresse',
    lead: 'Jemand hat sich mit Ihrer E-Mail-Adresse registriert. Wenn Sie das waren, bestätigen Sie, dass die Adresse Ihnen gehört.',
    signedUp: 'Registriert',
    passwordLead: 'Geben Sie das Passwort ein, das Sie bei der Registrierung gewählt haben.',
    password: 'Passwort',
    wrongPassword: 'Falsches Passwort. Versuchen Sie es noch einmal, oder wählen Sie unten ein neues.',
    confirm: 'E-Mail-Adresse bestätigen',
    choose: 'Stattdessen ein neues Passwort wählen',
    chooseLead:
      'Wenn Sie das Passwort vergessen oder nicht selbst gewählt haben, wählen Sie ein neues. Es ersetzt das alte, und wer damit eingeloggt ist, wird ausgeloggt.',
    chooseAndConfirm: 'Passwort festlegen und Adresse bestätigen',
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
    paragraphs: ['Sie müssen nichts weiter tun.'],
    closing: 'Sie können diese Seite schließen und sich einloggen.',
  },
  verified: {
    title: 'Ihre E-Mail-Adresse ist bestätigt',
    paragraphs: ['Vielen Dank. Ihr Konto ist bereit.'],
    closing: 'Sie können diese Seite schließen und sich einloggen.',
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
      lead: 'Alle Ihre Sitzungen werden dabei beendet.',
      button: 'Neues Passwort festlegen',
    },
    first: {
      title: 'Wählen Sie ein Passwort',
      lead: 'Damit ist auch bestätigt, dass die E-Mail-Adresse Ihnen gehört.',
      button: 'Passwort festlegen',
    },
    account: 'Konto',
    newPassword: 'Neues Passwort',
    hint: 'Mindestens {min} Zeichen. Gut sind mehrere Wörter, die nichts miteinander zu tun haben.',
    confirmNewPassword: 'Neues Passwort wiederholen',
  },
  emailChange: {
    title: 'Bestätigen Sie Ihre neue E-Mail-Adresse',
    lead: 'Danach loggen Sie sich mit dieser Adresse ein. Geben Sie das Passwort Ihres Kontos ein.',
    newEmail: 'Neue E-Mail-Adresse',
    password: 'Passwort',
    confirm: 'Adresse bestätigen',
  },
  emailChanged: {
    title: 'Ihre E-Mail-Adresse ist geändert',
    paragraphs: [
      'Loggen Sie sich von jetzt an mit der neuen Adresse und demselben Passwort ein.',
      'An Ihre bisherige Adresse haben wir einen Link gesendet, der die Änderung 7 Tage lang rückgängig macht.',
    ],
    closing: 'Sie können diese Seite schließen und sich einloggen.',
  },
  emailUndo: {
    title: 'Änderung Ihrer E-Mail-Adresse rückgängig machen',
    lead: 'Ihr Konto erhält diese Adresse zurück. Wählen Sie ein neues Passwort: Alle Sitzungen werden beendet, und das bisherige Passwort gilt nicht mehr.',
    button: 'Konto zurückholen',
    changedTo: 'Geändert auf',
    ignore: 'Wenn Sie die Adresse selbst geändert haben, schließen Sie diese Seite: Es ändert sich nichts.',
  },
  emailUndone: {
    title: 'Ihr Konto hat wieder seine bisherige Adresse',
    paragraphs: ['Alle Sitzungen wurden beendet.'],
    closing: 'Sie können diese Seite schließen und sich mit dem neuen Passwort einloggen.',
  },
  resetDone: {
    again: {
      title: 'Ihr Passwort ist geändert',
      paragraphs: ['Sie wurden überall ausgeloggt.'],
      closing: 'Sie können diese Seite schließen und sich mit dem neuen Passwort einloggen.',
    },
    first: {
      title: 'Ihr Konto ist bereit',
      paragraphs: ['Ihre E-Mail-Adresse ist bestätigt und Ihr Passwort festgelegt.'],
      closing: 'Sie können diese Seite schließen und sich einloggen.',
    },
  },
  erasure: {
    title: 'Möchten Sie Ihr Konto behalten?',
    lead: 'Ihr Konto wird bald gelöscht. Noch können Sie es behalten.',
    erasedOn: 'Wird gelöscht am',
    keep: 'Mein Konto behalten',
    ignore: 'Wenn das Konto gelöscht werden soll, müssen Sie nichts tun. Sie können diese Seite schließen.',
    canceled: {
      title: 'Ihr Konto bleibt bestehen',
      paragraphs: [
        'Es wird nicht gelöscht.',
        'Falls weder Sie noch ein Administrator die Löschung verlangt haben, kennt vielleicht jemand Ihr Passwort: Wählen Sie ein neues.',
      ],
      closing: 'Sie können diese Seite schließen und sich wieder einloggen.',
    },
    dead: {
      title: 'Dieser Link funktioniert nicht mehr',
      paragraphs: [
        'Das Konto soll nicht mehr gelöscht werden, es ist bereits gelöscht, oder eine neuere E-Mail hat diesen Link ersetzt. Wenn Sie unsicher sind, öffnen Sie den Link in der neuesten E-Mail.',
      ],
    },
    stillDue:
      'Noch hat sich nichts geändert: Ihr Konto wird zu dem Zeitpunkt gelöscht, der in der E-Mail steht, wenn Sie es nicht behalten.',
    newPassword: 'Neues Passwort wählen',
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
    title: {
      expired: 'Dieser Link ist abgelaufen',
      invalid: 'Dieser Link ist ungültig',
      incomplete: 'Dieser Link ist unvollständig',
    },
    reason: {
      expired: 'Links gelten nur für begrenzte Zeit, damit Ihr Konto sicher bleibt.',
      invalid:
        'Möglicherweise wurde er bereits benutzt, durch einen neueren ersetzt oder unvollständig kopiert.',
      incomplete:
        'Ein Teil davon fehlt. Öffnen Sie ihn noch einmal aus der E-Mail, oder kopieren Sie die ganze Adresse.',
    },
    renew: {
      verification:
        'Wenn Sie Ihre Adresse schon bestätigt haben, loggen Sie sich einfach ein. Andernfalls geben Sie Ihre E-Mail-Adresse ein, und wir senden Ihnen einen neuen Link, um Ihre Registrierung abzuschließen.',
      'password-reset':
        'Geben Sie Ihre E-Mail-Adresse ein, und wir senden Ihnen einen neuen Link, um ein Passwort zu wählen.',
      'email-change': 'Loggen Sie sich ein, und fordern Sie die Änderung Ihrer Adresse noch einmal an.',
      'email-undo':
        'Eine Änderung der Adresse kann nur einmal und nur innerhalb von 7 Tagen rückgängig gemacht werden. Hat jemand anderes Ihr Konto, wenden Sie sich an unseren Support.',
    },
    email: 'E-Mail-Adresse',
    request: 'Neuen Link anfordern',
    invalidEmail: 'Geben Sie eine gültige E-Mail-Adresse ein, zum Beispiel ada@example.com.',
    send: 'Neuen Link senden',
  },
  faults: {
    passwords_do_not_match: 'Die Passwörter stimmen nicht überein. Versuchen Sie es noch einmal.',
    too_short: 'Dieses Passwort ist zu kurz. Wählen Sie eines mit mindestens {min} Zeichen.',
    too_long: 'Dieses Passwort ist zu lang. Wählen Sie eines mit höchstens 128 Zeichen.',
    own_words:
      'Das Passwort darf nicht aus Ihrer E-Mail-Adresse, Ihrem Benutzernamen, Ihrem Namen oder dem Namen dieses Dienstes bestehen. Besser sind mehrere Wörter, die nichts miteinander zu tun haben.',
    common:
      'Dieses Passwort ist eines der häufigsten oder ähnelt einem davon. Besser sind mehrere Wörter, die nichts miteinander zu tun haben.',
    repeated:
      'Dieses Passwort wiederholt dieselben Zeichen oder Wörter. Besser sind mehrere Wörter, die nichts miteinander zu tun haben.',
    sequence:
      'Dieses Passwort ist eine Folge wie abcd, 1234 oder ein Datum. Besser sind mehrere Wörter, die nichts miteinander zu tun haben.',
    guessable:
      'Dieses Passwort ist leicht zu erraten. Machen Sie es länger, zum Beispiel mit einem weiteren Wort.',
    breached:
      'Dieses Passwort ist aus einem Datenleck bekannt. Wählen Sie eines, das Sie nirgends sonst verwendet haben.',
    password_incorrect: 'Falsches Passwort. Versuchen Sie es noch einmal.',
  },
  problems: {
    validation_failed: {
      title: 'Etwas fehlt oder ist falsch',
      paragraphs: ['Gehen Sie zurück, prüfen Sie Ihre Eingaben, und versuchen Sie es noch einmal.'],
    },
    unauthenticated: {
      title: 'Sie sind nicht eingeloggt',
      paragraphs: ['Loggen Sie sich ein, und versuchen Sie es noch einmal.'],
    },
    insufficient_permission: {
      title: 'Dafür fehlt Ihnen die Berechtigung',
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
