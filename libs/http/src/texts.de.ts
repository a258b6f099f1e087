/** The general messages in German. The code does not compile if a problem has no translation here. */
import type { standardProblems } from './problem.ts';

const titles = {
  'Validation Failed': 'Ungültige Eingabe',
  'Authentication Required': 'Login erforderlich',
  'Insufficient Permission': 'Fehlende Berechtigung',
  'Not Found': 'Nicht gefunden',
  'Method Not Allowed': 'Methode nicht erlaubt',
  Conflict: 'Konflikt',
  'Payload Too Large': 'Zu viele Daten',
  'Unsupported Media Type': 'Format nicht unterstützt',
  'Too Many Requests': 'Zu viele Anfragen',
  'Internal Server Error': 'Interner Fehler',
  'Service Unavailable': 'Vorübergehend nicht verfügbar',
} as const satisfies Record<(typeof standardProblems)[keyof typeof standardProblems]['title'], string>;

const details = {
  'The request has a fault. {pointer}: {message}': 'Die Anfrage hat einen Fehler. {pointer}: {message}',
  'The request has {count} faults.': 'Die Anfrage hat {count} Fehler.',
  'There is nothing at this address.': 'Unter dieser Adresse gibt es nichts.',
  'This address takes {methods}.': 'Diese Adresse nimmt {methods} an.',
  'A body may have at most {count} bytes.': 'Der Inhalt darf höchstens {count} Bytes haben.',
  'This route takes {types}, in UTF-8 and uncompressed.':
    'Hier wird {types} erwartet, in UTF-8 und unkomprimiert.',
  'Too many requests. Try again in {count} s.':
    'Zu viele Anfragen. Versuchen Sie es in {count} s noch einmal.',
  'Latchkey is starting.': 'Der Dienst startet gerade.',
};

const fields = {
  'is required': 'fehlt',
  'is not a known field': 'ist kein bekanntes Feld',
  'is not a known parameter': 'ist kein bekannter Parameter',
  'must be a JSON object, but is empty': 'muss ein JSON-Objekt sein, ist aber leer',
  'is not valid UTF-8': 'ist kein gültiges UTF-8',
  'is not an address in percent-encoded UTF-8': 'ist keine gültig kodierte Adresse',
  'must not have more than {count} fields': 'darf höchstens {count} Felder haben',
  'must be a string': 'muss ein Text sein',
  'must be a number': 'muss eine Zahl sein',
  'must be an int': 'muss eine ganze Zahl sein',
  'must be a boolean': 'muss true oder false sein',
  'must be an array': 'muss eine Liste sein',
  'must be an object': 'muss ein Objekt sein',
  'must be {one} or {another}': 'muss {one} oder {another} sein',
  'must have at least {count} characters': 'muss mindestens {count} Zeichen haben',
  'must have at most {count} characters': 'darf höchstens {count} Zeichen haben',
  'must have at least {count} items': 'muss mindestens {count} Einträge haben',
  'must have at most {count} items': 'darf höchstens {count} Einträge haben',
  'must be at least {count}': 'muss mindestens {count} sein',
  'must be at most {count}': 'darf höchstens {count} sein',
  'Invalid UUID': 'ist keine gültige UUID',
  'Request Header Fields Too Large': 'Kopfzeilen zu groß',
  'is not percent-encoded UTF-8': 'ist kein prozentkodiertes UTF-8',
  'must not be given more than once': 'darf nur einmal angegeben werden',
  'must not contain NUL characters': 'darf keine NUL-Zeichen enthalten',
  'must not contain lone surrogates': 'darf keine einzelnen Surrogate enthalten',
  'has a field whose name {fault}': 'hat ein Feld, dessen Name nicht erlaubt ist: {fault}',
  '{fault}, at character {position}': '{fault}, bei Zeichen {position}',
  'is not valid JSON': 'ist kein gültiges JSON',
  'is incomplete JSON': 'ist unvollständiges JSON',
  'is nested deeper than {count} levels': 'ist tiefer als {count} Ebenen verschachtelt',
  'has the same key twice in one object': 'hat denselben Schlüssel zweimal in einem Objekt',
  'has content after the end of the JSON': 'enthält etwas nach dem Ende',
  'must be a whole number from {least} to {most}': 'muss eine ganze Zahl von {least} bis {most} sein',
  'is not a cursor that was handed out': 'ist kein Cursor einer früheren Antwort',
  'must be true': 'muss true sein',
  '"{one}" or {others}': '"{one}" oder {others}',
  'must be "{value}"': 'muss "{value}" sein',
  'Invalid ISO datetime': 'ist kein gültiger Zeitpunkt, wie 2026-11-28T10:00:00Z',
};

export const germanTexts = { ...titles, ...details, ...fields };

/**
 * Translations of the general messages into a language other than German. Missing ones are shown in English;
 * `npm run languages` lists them.
 */
export type Translations = Readonly<Partial<Record<keyof typeof germanTexts, string>>>;
