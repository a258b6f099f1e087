/** Translations of error messages. */
import { joinTexts } from '@latchkey/http';
import { guardTexts } from '@latchkey/tokens';
import type { unavailableDetailTexts } from './problems.ts';

/** German translations of `unavailableDetailTexts`. The type makes the compiler report a missing translation. */
const unavailable: Record<(typeof unavailableDetailTexts)[keyof typeof unavailableDetailTexts], string> = {
  'The read model has not caught up yet. Try again.':
    'Die Daten sind noch nicht auf dem neuesten Stand. Versuchen Sie es noch einmal.',
  'Too many requests are waiting for the read model. Try again.':
    'Zu viele Anfragen warten auf neue Daten. Versuchen Sie es noch einmal.',
  'This account is being repaired. Try again later.':
    'Dieses Konto wird gerade repariert. Versuchen Sie es später noch einmal.',
  'Profiles cannot be reached. Try again.':
    'Die Profile sind gerade nicht erreichbar. Versuchen Sie es noch einmal.',
};

export const texts = joinTexts(guardTexts, {
  de: {
    ...unavailable,
    'The header Account-Sequence is malformed.': 'Die Kopfzeile Account-Sequence ist fehlerhaft.',
    'must be <account id>:<sequence>': 'muss <Konto-Id>:<Sequenz> sein',
    'must be a whole number from 1 to 100': 'muss eine ganze Zahl von 1 bis 100 sein',
    'is not a cursor that was handed out': 'ist kein nextCursor einer früheren Antwort',
    'must be 1 to 63 letters, digits, dots, underscores or hyphens':
      'muss aus 1 bis 63 Buchstaben, Ziffern, Punkten, Unterstrichen oder Bindestrichen bestehen',
    'must be an absolute URL in ASCII': 'muss eine vollständige URL in ASCII sein',
    'must be an absolute URL of at most 2000 characters':
      'muss eine vollständige URL mit höchstens 2000 Zeichen sein',
    'must begin with https://': 'muss mit https:// beginnen',
    'must not contain a user or a password': 'darf weder Benutzer noch Passwort enthalten',
    'must not have a fragment (#…)': 'darf kein Fragment (#…) haben',
    'must not lead to a private address': 'darf nicht zu einer privaten Adresse führen',
    'must be later than since': 'muss nach since liegen',
    'There are {count} webhooks, which is the most.': 'Es gibt {count} Webhooks, mehr sind nicht möglich.',
  },
  fr: {
    'The read model has not caught up yet. Try again.': 'Les données ne sont pas encore à jour. Réessayez.',
    'Too many requests are waiting for the read model. Try again.':
      'Trop de requêtes attendent des données à jour. Réessayez.',
    'This account is being repaired. Try again later.':
      'Ce compte est en cours de réparation. Réessayez plus tard.',
    'Profiles cannot be reached. Try again.': 'Les profils ne sont pas accessibles. Réessayez.',
    'The header Account-Sequence is malformed.': 'L’en-tête Account-Sequence est mal formé.',
    'must be <account id>:<sequence>': 'doit être <id du compte>:<séquence>',
    'must be a whole number from 1 to 100': 'doit être un nombre entier de 1 à 100',
    'is not a cursor that was handed out': 'n’est pas le nextCursor d’une réponse précédente',
    'must be 1 to 63 letters, digits, dots, underscores or hyphens':
      'doit avoir de 1 à 63 lettres, chiffres, points, tirets bas ou tirets',
    'must be an absolute URL in ASCII': 'doit être une URL absolue en ASCII',
    'must be an absolute URL of at most 2000 characters':
      'doit être une URL absolue d’au plus 2000 caractères',
    'must begin with https://': 'doit commencer par https://',
    'must not contain a user or a password': 'ne doit contenir ni utilisateur ni mot de passe',
    'must not have a fragment (#…)': 'ne doit pas avoir de fragment (#…)',
    'must not lead to a private address': 'ne doit pas mener à une adresse privée',
    'must be later than since': 'doit être postérieur à since',
    'There are {count} webhooks, which is the most.': 'Il y a {count} webhooks, ce qui est le maximum.',
  },
  es: {
    'The read model has not caught up yet. Try again.':
      'Los datos aún no están actualizados. Inténtalo de nuevo.',
    'Too many requests are waiting for the read model. Try again.':
      'Demasiadas solicitudes esperan datos actualizados. Inténtalo de nuevo.',
    'This account is being repaired. Try again later.': 'Esta cuenta se está reparando. Inténtalo más tarde.',
    'Profiles cannot be reached. Try again.': 'No se puede acceder a los perfiles. Inténtalo de nuevo.',
    'The header Account-Sequence is malformed.': 'La cabecera Account-Sequence no es correcta.',
    'must be <account id>:<sequence>': 'debe ser <id de la cuenta>:<secuencia>',
    'must be a whole number from 1 to 100': 'debe ser un número entero del 1 al 100',
    'is not a cursor that was handed out': 'no es el nextCursor de una respuesta anterior',
    'must be 1 to 63 letters, digits, dots, underscores or hyphens':
      'debe tener de 1 a 63 letras, cifras, puntos, guiones bajos o guiones',
    'must be an absolute URL in ASCII': 'debe ser una URL absoluta en ASCII',
    'must be an absolute URL of at most 2000 characters':
      'debe ser una URL absoluta de 2000 caracteres como máximo',
    'must begin with https://': 'debe empezar por https://',
    'must not contain a user or a password': 'no debe contener usuario ni contraseña',
    'must not have a fragment (#…)': 'no debe tener un fragmento (#…)',
    'must not lead to a private address': 'no debe llevar a una dirección privada',
    'must be later than since': 'debe ser posterior a since',
    'There are {count} webhooks, which is the most.': 'Hay {count} webhooks, que es el máximo.',
  },
  pt: {
    'The read model has not caught up yet. Try again.':
      'Os dados ainda não estão atualizados. Tente novamente.',
    'Too many requests are waiting for the read model. Try again.':
      'Muitas requisições aguardam dados atualizados. Tente novamente.',
    'This account is being repaired. Try again later.':
      'Esta conta está sendo reparada. Tente novamente mais tarde.',
    'Profiles cannot be reached. Try again.': 'Não é possível acessar os perfis. Tente novamente.',
    'The header Account-Sequence is malformed.': 'O cabeçalho Account-Sequence está malformado.',
    'must be <account id>:<sequence>': 'deve ser <id da conta>:<sequência>',
    'must be a whole number from 1 to 100': 'deve ser um número inteiro de 1 a 100',
    'is not a cursor that was handed out': 'não é o nextCursor de uma resposta anterior',
    'must be 1 to 63 letters, digits, dots, underscores or hyphens':
      'deve ter de 1 a 63 letras, algarismos, pontos, sublinhados ou hifens',
    'must be an absolute URL in ASCII': 'deve ser uma URL absoluta em ASCII',
    'must be an absolute URL of at most 2000 characters':
      'deve ser uma URL absoluta de no máximo 2000 caracteres',
    'must begin with https://': 'deve começar com https://',
    'must not contain a user or a password': 'não deve conter usuário nem senha',
    'must not have a fragment (#…)': 'não deve ter um fragmento (#…)',
    'must not lead to a private address': 'não deve levar a um endereço privado',
    'must be later than since': 'deve ser posterior a since',
    'There are {count} webhooks, which is the most.': 'Há {count} webhooks, que é o máximo.',
  },
});
