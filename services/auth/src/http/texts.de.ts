/**
 * The German texts of refusals. A missing translation of a refusal or password rule is a compile-time error.
 */
import { MAX_PASSWORD_LENGTH, type PasswordFault } from '../passwords/rules.ts';
import type { refusalDetailTexts, refusalProblemSpecs, unavailableDetailTexts } from './problems.ts';

type Title = (typeof refusalProblemSpecs)[keyof typeof refusalProblemSpecs]['title'];
type Resolution = Extract<
  (typeof refusalProblemSpecs)[keyof typeof refusalProblemSpecs],
  { resolution: string }
>['resolution'];
/** Titles of problems that libs/http and libs/tokens translate. */
type Elsewhere =
  | 'Not Found'
  | 'Conflict'
  | 'Service Unavailable'
  | 'Too Many Requests'
  | 'Account Not Verified'
  | 'Authentication Required'
  | 'Please check your email for verification details';

const titles: Record<Exclude<Title, Elsewhere>, string> = {
  'Account Disabled': 'Konto gesperrt',
  'Current Password Incorrect': 'Falsches Passwort',
  'Email Changed Recently': 'E-Mail-Adresse kürzlich geändert',
  'Email Unchanged': 'E-Mail-Adresse unverändert',
  'Email Already Registered': 'E-Mail-Adresse bereits registriert',
  'Idempotency Key Reused': 'Idempotency-Key doppelt verwendet',
  'Incorrect Password': 'Falsches Passwort',
  'Invalid Credentials': 'Falsche Zugangsdaten',
  'Own Account': 'Eigenes Konto',
  'Last Admin': 'Letzter Admin',
  'Password Required': 'Passwort erforderlich',
  'Password Too Weak': 'Passwort zu schwach',
  'Passwords Do Not Match': 'Passwörter stimmen nicht überein',
  'Invalid Refresh Token': 'Ungültiges Refresh-Token',
  'Token Expired': 'Link abgelaufen',
  'Invalid Token': 'Ungültiger Link',
};

const resolutions: Record<Exclude<Resolution, Elsewhere>, string> = {
  'Sign in, or reset the password': 'Loggen Sie sich ein, oder setzen Sie das Passwort zurück',
  'Send each new request with a new Idempotency-Key':
    'Senden Sie jede neue Anfrage mit einem neuen Idempotency-Key',
  'Ask another admin': 'Bitten Sie einen anderen Admin darum',
  'Make another account an admin first': 'Machen Sie zuerst ein anderes Konto zum Admin',
  'Undo the last change with the link that its previous address got, or wait 7 days':
    'Machen Sie die letzte Änderung mit dem Link rückgängig, den die vorige Adresse erhalten hat, oder warten Sie 7 Tage',
  'Send the password of the account, an access token of it, or, for a sign-up, a new password':
    'Senden Sie das Passwort des Kontos, ein Access-Token dazu oder, bei einer Registrierung, ein neues Passwort',
};

const sentences: Record<
  | Exclude<(typeof refusalDetailTexts)[keyof typeof refusalDetailTexts], Elsewhere>
  | (typeof unavailableDetailTexts)[keyof typeof unavailableDetailTexts],
  string
> = {
  'This account has been disabled.': 'Dieses Konto ist gesperrt.',
  'The account is not in a state that allows this, or it was changed at the same time. Try again.':
    'Das geht im jetzigen Zustand des Kontos nicht, oder es wurde gleichzeitig geändert. Versuchen Sie es noch einmal.',
  'Incorrect password.': 'Falsches Passwort.',
  'An account with this email address already exists.': 'Zu dieser E-Mail-Adresse gibt es schon ein Konto.',
  'This Idempotency-Key was sent with another body.':
    'Dieser Idempotency-Key wurde schon mit einem anderen Inhalt gesendet.',
  'Incorrect email address or password.': 'Falsche E-Mail-Adresse oder falsches Passwort.',
  'There is no such account.': 'Dieses Konto gibt es nicht.',
  'Too many passwords are being checked right now. Try again.':
    'Gerade werden zu viele Passwörter geprüft. Versuchen Sie es noch einmal.',
  'This is the last admin: without one, nobody could administer accounts.':
    'Das ist der letzte Admin: Ohne ihn könnte niemand Konten verwalten.',
  'Admins cannot do this to their own account.': 'Admins können das nicht mit ihrem eigenen Konto tun.',
  'The link alone is not enough: it also needs the password of the account, an access token of it, or, for a sign-up, a new password.':
    'Der Link allein genügt nicht: Dazu gehört auch das Passwort des Kontos, ein Access-Token dazu oder, bei einer Registrierung, ein neues Passwort.',
  'The address was changed in the last 7 days, and that can still be undone.':
    'Die Adresse wurde in den letzten 7 Tagen geändert, und das kann noch rückgängig gemacht werden.',
  'This is already the address of the account.': 'Das ist schon die Adresse des Kontos.',
  'The passwords do not match.': 'Die Passwörter stimmen nicht überein.',
  'The refresh token is invalid or has expired. Sign in again.':
    'Das Refresh-Token ist ungültig oder abgelaufen. Loggen Sie sich noch einmal ein.',
  'There is no such session.': 'Diese Sitzung gibt es nicht.',
  'This link has expired. Request a new one.': 'Dieser Link ist abgelaufen. Fordern Sie einen neuen an.',
  'This link is invalid or has expired. Request a new one.':
    'Dieser Link ist ungültig oder abgelaufen. Fordern Sie einen neuen an.',
  'Accounts cannot be reached. Try again.':
    'Die Konten sind gerade nicht erreichbar. Versuchen Sie es noch einmal.',
  'The mails of the account cannot be reached. Try again.':
    'Auf die Mails des Kontos kann nicht zugegriffen werden. Versuchen Sie es noch einmal.',
  'This account cannot be read at present.': 'Dieses Konto kann im Moment nicht gelesen werden.',
};

/** The texts about each rule for passwords, which complete the sentence "Das Passwort …". */
export const passwordFaultTexts: Record<PasswordFault, string> = {
  too_short: 'muss mindestens {min} Zeichen haben',
  too_long: `darf höchstens ${MAX_PASSWORD_LENGTH} Zeichen haben`,
  own_words:
    'darf nicht aus der E-Mail-Adresse, dem Benutzernamen, dem Vor- oder Nachnamen oder dem Namen dieses Dienstes bestehen; besser sind mehrere Wörter, die nichts miteinander zu tun haben',
  common:
    'darf keines der häufigsten Passwörter sein oder einem davon ähneln; besser sind mehrere Wörter, die nichts miteinander zu tun haben',
  repeated:
    'darf nicht dieselben Zeichen oder Wörter wiederholen; besser sind mehrere Wörter, die nichts miteinander zu tun haben',
  sequence:
    'darf keine Folge wie abcd, 1234, qwertz oder ein Datum sein; besser sind mehrere Wörter, die nichts miteinander zu tun haben',
  guessable: 'ist leicht zu erraten; machen Sie es länger, zum Beispiel mit einem weiteren Wort',
  breached: 'ist aus einem Datenleck bekannt; wählen Sie eines, das Sie nirgends sonst verwendet haben',
};

const others = {
  'The password {fault}.': 'Das Passwort {fault}.',
  'A request with the cookie must come from an origin listed in CORS_ORIGINS.':
    'Eine Anfrage mit dem Cookie muss von einer Adresse kommen, die in CORS_ORIGINS steht.',
  'must be an email address, such as ada@example.com':
    'muss eine E-Mail-Adresse sein, zum Beispiel ada@example.com',
  'must be 3 to 32 letters, digits, underscores or hyphens':
    'muss aus 3 bis 32 Buchstaben, Ziffern, Unterstrichen und Bindestrichen bestehen',
  'must be plain text on one line': 'muss einfacher Text in einer Zeile sein',
  'must have 1 to {count} characters besides leading and trailing spaces':
    'muss 1 bis {count} Zeichen haben, ohne Leerzeichen am Anfang und Ende',
  'must be a language tag, such as en or de-AT': 'muss ein Sprachkürzel sein, zum Beispiel en oder de-AT',
  'must not contain control characters': 'darf keine Steuerzeichen enthalten',
  'must be a refresh token': 'muss ein Refresh-Token sein',
  'must be 1 to 255 visible ASCII characters': 'muss aus 1 bis 255 sichtbaren ASCII-Zeichen bestehen',
  'is not the nextCursor of an earlier answer': 'ist kein nextCursor einer früheren Antwort',
  'is required without an access token': 'fehlt; ohne Access-Token ist es erforderlich',
  'Send the API key of a service client that may introspect.':
    'Senden Sie den API-Schlüssel eines Clients, der die Introspektion verwenden darf.',
};

export const germanTexts = { ...titles, ...resolutions, ...sentences, ...others };

/**
 * The type of translations into languages other than German. Missing texts are shown in English; `npm run
 * languages` lists them.
 */
export type TextTranslations = Readonly<Partial<Record<keyof typeof germanTexts, string>>>;
